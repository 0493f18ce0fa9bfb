namespace VdiFs.Disks.Pools;

/// <summary>The reference of a session: who has it may do what the user may. A class without text.</summary>
/// <param name="value">The reference as it is.</param>
internal sealed class PoolSecret(string value)
{
    /// <summary>The reference as it is: a secret.</summary>
    public string Value { get; } = value;
}
