using System.Globalization;
using VdiFs.Chaos.Faults;
using VdiFs.Chaos.Servers;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A server that keeps its connections and fails reads.</summary>
internal sealed class ReadErrors : IScenario
{
    private static readonly int[] Percent = [1, 10, 50, 100];

    public string Name => "read-errors";

    public string Summary => "EIO for 1, 10, 50 and 100 % of the server's reads, for seconds: no reader notices";

    public Extent Extent => new(FullRounds: 400, QuickRounds: 3, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        foreach (int percent in run.Quick ? Percent[1..2] : Percent)
        {
            RunAt(run, percent);
        }
    }

    private static void RunAt(ChaosRun run, int percent)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"failing-{percent}");
        var spot = ServerSpot.OnSocket(run.Bench, name);
        string trigger = run.Bench.PathOf(name + ".on");
        string log = run.Bench.PathOf(name + ".log");
        using ServerProcess server = NbdkitServer.Start(run.Bench, spot, () =>
        [
            "--filter=log", "--filter=error", "file", run.Disk.Path, $"logfile={log}",
            "error-pread=EIO", string.Create(CultureInfo.InvariantCulture, $"error-pread-rate={percent}%"),
            $"error-pread-file={trigger}",
        ]);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), TimeSpan.FromMinutes(2));
        siege.ReadInPeace();
        var random = new Random(run.Seed + percent);
        long counted = 0;
        siege.Endure(stop =>
        {
            File.WriteAllText(trigger, "");
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(run.Quick ? 0.5 : 3), stop);
            File.Delete(trigger);
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.5), stop);
            long failed = File.ReadLines(log).Count(line => line.Contains("return=-1", StringComparison.Ordinal));
            run.Tally.Fault(failed - counted);
            counted = failed;
        });
        siege.Lift();
    }
}
