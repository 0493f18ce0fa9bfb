using VdiFs.Chaos.Faults;
using VdiFs.Chaos.Servers;

namespace VdiFs.Chaos.Scenarios;

/// <summary>The only server crashes again and again and comes back.</summary>
internal sealed class ServerKilled : IScenario
{
    public string Name => "server-killed";

    public string Summary => "kill -9 of the only server every 0.2-3 s, started again: no reader notices";

    public Extent Extent => new(FullRounds: 500, QuickRounds: 4);

    public void Run(ChaosRun run)
    {
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        ServerProcess server = NbdkitServer.Start(run.Bench, spot, run.Disk.Path);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), TimeSpan.FromMinutes(1));
        siege.ReadInPeace();
        var random = new Random(run.Seed + 2);
        siege.Endure(stop =>
        {
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(run.Quick ? 0.6 : 3), stop);
            server.Kill();
            run.Tally.Fault();
            FaultClock.Pause(random, TimeSpan.Zero, TimeSpan.FromSeconds(run.Quick ? 0.2 : 1), stop);
            server.Start();
        });
        siege.Lift();
    }
}
