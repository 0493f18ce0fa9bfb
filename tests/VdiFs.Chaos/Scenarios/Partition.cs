using System.Diagnostics;
using VdiFs.Chaos.Faults;

namespace VdiFs.Chaos.Scenarios;

/// <summary>The network is cut for a while, without a word to anybody.</summary>
internal sealed class Partition : IScenario
{
    private const string Drop = "meta l4proto tcp counter drop";
    private static readonly int[] Seconds = [1, 10, 60, 300];
    private readonly bool _oneWay;

    public Partition(bool oneWay)
    {
        _oneWay = oneWay;
    }

    public string Name => _oneWay ? "partition-one-way" : "partition";

    public string Summary => _oneWay
        ? "answers lost for 1, 10, 60 and 300 s while requests arrive, then healed: no reader notices"
        : "the network cut for 1, 10, 60 and 300 s, then healed: no reader notices";

    public Extent Extent => new(FullRounds: 4, QuickRounds: 1);

    public void Run(ChaosRun run) => NetworkSiege.Run(run, TimeSpan.FromMinutes(10), host =>
    {
        var random = new Random(run.Seed + 2);
        int turn = 0;
        return stop =>
        {
            // Long enough for a connection to be made again: TCP itself repeats a lost SYN after 1, 3 and 7 s. Cuts
            // with less between them are one long cut, longer than the deadline.
            TimeSpan peace = TimeSpan.FromSeconds(run.Quick ? 1 : 25);
            FaultClock.Pause(random, peace, peace * 1.5, stop);
            var length = TimeSpan.FromSeconds(run.Quick ? 1 : Seconds[turn++ % Seconds.Length]);
            host.Filter(_oneWay ? "" : Drop, Drop);
            var watch = Stopwatch.StartNew();
            stop.WaitHandle.WaitOne(length);
            host.Heal();
            run.Tally.Fault();
            run.Tally.Most("longest_seconds", (long)watch.Elapsed.TotalSeconds);
        };
    });
}
