using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Timing;

/// <summary>What a timed part took.</summary>
/// <param name="Seconds">From the first client's start to the last one's end.</param>
/// <param name="CpuSeconds">Of clients and daemon.</param>
/// <param name="ServerCpuSeconds">Of the servers; null where there is none.</param>
/// <param name="PeakBytes">Of the daemon; without one, of all clients together.</param>
/// <param name="Outputs">What each client printed.</param>
internal sealed record Reading(
    double Seconds, double CpuSeconds, double? ServerCpuSeconds, long PeakBytes, IReadOnlyList<string> Outputs)
{
    /// <summary>The figures of a transfer of so many bytes.</summary>
    public Sample Transfer(long bytes)
    {
        double mebibytes = bytes / (double)(1 << 20);
        double gibibytes = mebibytes / 1024;
        Sample sample = new()
        {
            [Figure.Seconds] = Seconds,
            [Figure.Speed] = mebibytes / Seconds,
            [Figure.Cpu] = CpuSeconds / gibibytes,
            [Figure.Memory] = PeakBytes / (double)(1 << 20),
        };
        if (ServerCpuSeconds is { } served)
        {
            sample[Figure.ServerCpu] = served / gibibytes;
        }

        return sample;
    }
}
