using System.Globalization;
using VdiFs.Chaos.Faults;
using VdiFs.Chaos.Servers;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A server with a latency of its own at each start, over few and many connections.</summary>
internal sealed class ServerSlow : IScenario
{
    private static readonly int[] Connections = [1, 4, 16];

    public string Name => "delay";

    public string Summary => "answers up to 500 ms late, over 1, 4 and 16 connections, and restarts: no reader notices";

    public Extent Extent => new(FullRounds: 15, QuickRounds: 2, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        foreach (int connections in run.Quick ? Connections[^1..] : Connections)
        {
            RunOver(run, connections);
        }
    }

    private static void RunOver(ChaosRun run, int connections)
    {
        var spot = ServerSpot.OnSocket(run.Bench, string.Create(CultureInfo.InvariantCulture, $"slow-{connections}"));
        var random = new Random(run.Seed + connections);
        int delay = 0;
        using ServerProcess server = NbdkitServer.Start(run.Bench, spot, () =>
            [
                "--filter=delay", "file", run.Disk.Path,
                string.Create(CultureInfo.InvariantCulture, $"delay-read={delay}ms"),
            ]);
        string count = connections.ToString(CultureInfo.InvariantCulture);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), TimeSpan.FromMinutes(2), "--connections", count);
        siege.ReadInPeace();
        siege.Endure(stop =>
        {
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(run.Quick ? 0.5 : 5), stop);
            delay = stop.IsCancellationRequested ? 0 : random.Next(run.Quick ? 50 : 501);
            server.Kill();
            server.Start();
            run.Tally.Fault();
            run.Tally.Most("longest_delay_ms", delay);
        });
        siege.Lift();
    }
}
