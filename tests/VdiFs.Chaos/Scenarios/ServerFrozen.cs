using System.Diagnostics;
using VdiFs.Chaos.Faults;
using VdiFs.Chaos.Servers;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A server that stops and goes on: its connections live, its answers come late.</summary>
internal sealed class ServerFrozen : IScenario
{
    private static readonly int[] Seconds = [1, 5, 30, 120];

    public string Name => "server-frozen";

    public string Summary => "SIGSTOP of the only server for 1, 5, 30 and 120 s, then SIGCONT: no reader notices";

    public Extent Extent => new(FullRounds: 8, QuickRounds: 1);

    public void Run(ChaosRun run)
    {
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        ServerProcess server = NbdkitServer.Start(run.Bench, spot, run.Disk.Path);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), TimeSpan.FromMinutes(5));
        siege.ReadInPeace();
        var random = new Random(run.Seed + 2);
        int turn = 0;
        siege.Endure(stop =>
        {
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(run.Quick ? 0.4 : 2), stop);
            var length = TimeSpan.FromSeconds(run.Quick ? 1 : Seconds[turn++ % Seconds.Length]);
            server.Freeze();
            var watch = Stopwatch.StartNew();
            stop.WaitHandle.WaitOne(length);
            server.Thaw();
            run.Tally.Fault();
            run.Tally.Most("longest_seconds", (long)watch.Elapsed.TotalSeconds);
        });
        siege.Lift();
    }
}
