using VdiFs.Chaos.Faults;
using VdiFs.Chaos.Servers;

namespace VdiFs.Chaos.Scenarios;

/// <summary>Two servers of one disk, of which one is always down.</summary>
internal sealed class ServerKilledAlternately : IScenario
{
    public string Name => "server-killed-two";

    public string Summary => "two endpoints of which one is always down, changing by kill -9: no reader notices";

    public Extent Extent => new(FullRounds: 500, QuickRounds: 4);

    public void Run(ChaosRun run)
    {
        ServerSpot[] spots = [ServerSpot.OnSocket(run.Bench, "first"), ServerSpot.OnSocket(run.Bench, "second")];
        ServerProcess up = NbdkitServer.Start(run.Bench, spots[0], run.Disk.Path);
        ServerProcess down = NbdkitServer.Create(run.Bench, spots[1], () => ["file", run.Disk.Path]);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spots), TimeSpan.FromMinutes(1));
        siege.ReadInPeace();
        var random = new Random(run.Seed + 2);
        siege.Endure(stop =>
        {
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(run.Quick ? 0.6 : 3), stop);
            down.Start();
            up.Kill();
            run.Tally.Fault();
            (up, down) = (down, up);
        });
        siege.Lift();
    }
}
