namespace VdiFs.Peers.Timing;

/// <summary>What running processes use of the processors from its making on.</summary>
/// <param name="pids">Their process ids; they must outlive it.</param>
internal sealed class CpuMeter(IReadOnlyList<int> pids)
{
    private readonly double _before = pids.Sum(DaemonUsage.CpuSeconds);

    /// <summary>User and system time until now, of ended threads too.</summary>
    public double Seconds => pids.Sum(DaemonUsage.CpuSeconds) - _before;
}
