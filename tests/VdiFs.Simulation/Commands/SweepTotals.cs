using VdiFs.Simulation.Runs;
using VdiFs.Simulation.Scenarios;

namespace VdiFs.Simulation.Commands;

/// <summary>What came of many seeds. Travels from a child process to its parent as one line of JSON.</summary>
internal sealed class SweepTotals
{
    public long Seeds { get; set; }

    public long FailedSeeds { get; set; }

    public long Reads { get; set; }

    public long Errors { get; set; }

    public long Cancelled { get; set; }

    public long BytesVerified { get; set; }

    public long Events { get; set; }

    public double VirtualHours { get; set; }

    public Dictionary<string, long> Faults { get; init; } = [];

    public Dictionary<string, long> Findings { get; init; } = [];

    public long FaultCount => Faults.Values.Sum();

    public void Add(RunResult result)
    {
        Seeds++;
        FailedSeeds += result.Findings.Count > 0 ? 1 : 0;
        Reads += result.Tally.Reads;
        Errors += result.Tally.Errors;
        Cancelled += result.Tally.Cancelled;
        BytesVerified += result.Tally.BytesVerified;
        Events += result.Events;
        VirtualHours += result.VirtualTime.TotalHours;
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            Count(Faults, kind.ToString(), result.Faults[(int)kind]);
        }

        foreach (Finding finding in result.Findings)
        {
            Count(Findings, finding.Kind.ToString(), 1);
        }
    }

    public void Add(SweepTotals other)
    {
        Seeds += other.Seeds;
        FailedSeeds += other.FailedSeeds;
        Reads += other.Reads;
        Errors += other.Errors;
        Cancelled += other.Cancelled;
        BytesVerified += other.BytesVerified;
        Events += other.Events;
        VirtualHours += other.VirtualHours;
        foreach ((string kind, long count) in other.Faults)
        {
            Count(Faults, kind, count);
        }

        foreach ((string kind, long count) in other.Findings)
        {
            Count(Findings, kind, count);
        }
    }

    public long Found(FindingKind kind) => Findings.GetValueOrDefault(kind.ToString());

    private static void Count(Dictionary<string, long> counts, string kind, long count) =>
        counts[kind] = counts.GetValueOrDefault(kind) + count;
}
