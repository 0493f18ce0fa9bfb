namespace VdiFs.Chaos.Watch;

/// <summary>
/// How much more a daemon may hold after faults than before: less than a leak at every fault would give.
/// </summary>
internal readonly record struct LeakAllowance(int Descriptors, int Threads, long ResidentBytes)
{
    /// <summary>Spare connections of two endpoints, a pool's worth of threads, and the collector's slack.</summary>
    public static LeakAllowance Usual { get; } = new(24, 16, 160L << 20);
}
