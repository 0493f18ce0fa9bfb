namespace VdiFs.Disks.Pools;

/// <summary>The password of a pool's user. A class without text, so that no log or record shows it.</summary>
/// <param name="value">The password as it is.</param>
public sealed class PoolPassword(string value)
{
    /// <summary>The password as it is: a secret.</summary>
    internal string Value { get; } = value;
}
