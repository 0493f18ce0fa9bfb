using VdiFs.Simulation.Scenarios;
using VdiFs.Simulation.Scheduling;

namespace VdiFs.Simulation.Runs;

/// <summary>What all parts of one run share: the story, the time, and what was seen.</summary>
internal sealed class Stage
{
    private const int FindingLimit = 20;

    private readonly List<Finding> _findings = [];
    private readonly long[] _faults = new long[Enum.GetValues<FaultKind>().Length];
    private TimeSpan? _lastRefusal;

    public Stage(Scenario scenario, TextWriter? lines)
    {
        Scenario = scenario;
        Schedule = new Schedule();
        Trace = new Trace(Schedule, lines);
        Time = new VirtualTime(Schedule);
    }

    public Scenario Scenario { get; }

    public Schedule Schedule { get; }

    public Trace Trace { get; }

    public VirtualTime Time { get; }

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>How often each fault took effect.</summary>
    public IReadOnlyList<long> Faults => _faults;

    /// <summary>Streams that the client has opened and not disposed.</summary>
    public int OpenStreams { get; set; }

    /// <summary>When the client has opened the disk; before that the servers have the right disk only.</summary>
    public TimeSpan? OpenedAt { get; set; }

    public void Report(FindingKind kind, string text)
    {
        Trace.Note("finding " + text, (long)kind);
        if (_findings.Count < FindingLimit)
        {
            _findings.Add(new Finding(kind, Schedule.Elapsed, text));
        }
    }

    /// <summary>A fault has taken effect.</summary>
    public void Struck(FaultKind kind, int endpoint)
    {
        _faults[(int)kind]++;
        Trace.Note("fault", endpoint, (long)kind);
        if (kind is FaultKind.TransientError or FaultKind.ReplyLie or FaultKind.Shutdown or FaultKind.BadSectors)
        {
            _lastRefusal = Schedule.Elapsed;
        }
    }

    /// <summary>Whether a server answered a read with an error or nonsense since then: errors of their own
    /// right.</summary>
    public bool HasRefusedReads(TimeSpan since) => _lastRefusal >= since;
}
