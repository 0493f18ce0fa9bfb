namespace VdiFs.Disks.Failover;

/// <summary>
/// Knows which servers have a disk. They come and go, and so do the names and secrets to open it with: it is asked
/// again before a connection is made, though not all the time. Thread-safe.
/// </summary>
internal interface IServerDirectory
{
    /// <summary>The servers that have the disk now, best first; none means that there is none just now.</summary>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="DiskException">
    /// Unreachable: it could not be found out, asking again may help; any other kind: no server can have the disk,
    /// which its readers are told at once.
    /// </exception>
    Task<IReadOnlyList<DiskServer>> FindAsync(CancellationToken cancellationToken);
}
