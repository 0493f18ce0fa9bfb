using System.Diagnostics;
using VdiFs.Chaos.Servers;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Scenarios;

/// <summary>Readers that are killed in the middle of a read, also while the server is frozen.</summary>
internal sealed class ReadersKilled : IScenario
{
    private const int ReadersAtOnce = 4;
    private static readonly string[] Files = ["disk.raw", "disk.vhd", "disk.vmdk"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public string Name => "readers-killed";

    public string Summary =>
        "kill -9 of readers in mid-read, a third of them with a frozen server: gone at once, no trace";

    public Extent Extent => new(FullRounds: 1000, QuickRounds: 24, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        ServerProcess server = NbdkitServer.Start(run.Bench, spot, run.Disk.Path);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), TimeSpan.FromMinutes(1));
        siege.ReadInPeace();
        while (run.Tally.Faults < run.Rounds && run.Tally.Hangs == 0)
        {
            bool frozen = run.Random.Next(3) == 0;
            if (frozen)
            {
                server.Freeze();
            }

            KillReaders(run, siege);
            if (frozen)
            {
                server.Thaw();
            }
        }

        siege.Lift();
    }

    private static void KillReaders(ChaosRun run, Siege siege)
    {
        Process[] readers = [.. Enumerable.Range(0, ReadersAtOnce).Select(_ => StartReader(run, siege))];
        Thread.Sleep(run.Random.Next(5, 120));
        foreach (Process reader in readers)
        {
            run.Tally.Count(reader.HasExited ? "finished_before" : "killed");
            reader.Kill();
            run.Tally.Fault();
        }

        foreach (Process reader in readers)
        {
            if (!reader.WaitForExit(Patience))
            {
                run.Tally.Hang($"a reader is still there {Patience.TotalSeconds} s after kill -9");
            }

            reader.Dispose();
        }
    }

    private static Process StartReader(ChaosRun run, Siege siege)
    {
        string file = siege.FileOf(Files[run.Random.Next(Files.Length)]);
        Siege.DropKernelPages(file);
        string skip = $"skip={run.Random.Next((int)(run.Size >> 21))}";
        return Command.Start("dd", $"if={file}", "of=/dev/null", "bs=1M", skip, "status=none");
    }
}
