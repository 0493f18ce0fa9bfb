using VdiFs.Simulation.Readers;

namespace VdiFs.Simulation.Runs;

/// <summary>What came of one seed.</summary>
internal sealed record RunResult(
    long Seed,
    ulong Hash,
    TimeSpan VirtualTime,
    long Events,
    Tally Tally,
    IReadOnlyList<long> Faults,
    IReadOnlyList<Finding> Findings);
