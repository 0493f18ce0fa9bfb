namespace VdiFs.Disks.Pools.Owners;

/// <summary>A session that a dead mount has left. A class without text: the session is a secret.</summary>
/// <param name="session">The session.</param>
/// <param name="note">The file that tells of it.</param>
internal sealed class DeadSession(PoolSecret session, string note)
{
    /// <summary>The session: a secret.</summary>
    public PoolSecret Session => session;

    /// <summary>The file that tells of it.</summary>
    public string Note => note;
}
