using VdiFs.Chaos.Faults;
using VdiFs.Chaos.Servers;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A server that takes two connections and no third, and again and again wants to end.</summary>
internal sealed class ServerRefuses : IScenario
{
    public string Name => "refusals";

    public string Summary => "a server that allows 2 of 8 connections and drains (limit, exitwhen): no reader notices";

    public Extent Extent => new(FullRounds: 60, QuickRounds: 3);

    public void Run(ChaosRun run)
    {
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        string end = run.Bench.PathOf("end");
        ServerProcess server = NbdkitServer.Start(run.Bench, spot, () =>
        [
            "--filter=limit", "--filter=exitwhen", "file", run.Disk.Path,
            "limit=2", $"exit-when-file-created={end}", "exit-when-poll=1",
        ]);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), TimeSpan.FromMinutes(1), "--connections", "8");
        siege.ReadInPeace();
        var random = new Random(run.Seed + 2);
        siege.Endure(stop =>
        {
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(run.Quick ? 0.5 : 3), stop);
            File.WriteAllText(end, "");
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(run.Quick ? 0.5 : 2), stop);
            server.Kill();
            File.Delete(end);
            server.Start();
            run.Tally.Fault();
        });
        siege.Lift();
    }
}
