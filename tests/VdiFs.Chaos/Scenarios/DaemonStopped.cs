using VdiFs.Chaos.Servers;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Scenarios;

/// <summary>SIGTERM in the middle of copies, also with a server that does not answer.</summary>
internal sealed class DaemonStopped : IScenario
{
    private static readonly string[] Files = ["disk.raw", "disk.vhd", "disk.vmdk"];

    public string Name => "daemon-sigterm";

    public string Summary => "SIGTERM of the daemon under copies: mount gone, exit 0, what was copied is right";

    public Extent Extent => new(FullRounds: 50, QuickRounds: 2, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        for (int round = 0; round < run.Rounds; round++)
        {
            Stop(run, frozen: round % 2 == 1);
        }
    }

    private static void Stop(ChaosRun run, bool frozen)
    {
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        using ServerProcess server = NbdkitServer.Start(run.Bench, spot, run.Disk.Path);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), TimeSpan.FromMinutes(1));
        CopyUnderWay[] copies = [.. Files.Select(name => new CopyUnderWay(run, siege, name))];
        copies[0].WaitForBytes(run.Random.NextInt64(run.Size / 4));
        if (frozen)
        {
            server.Freeze();
        }

        Assert.Equal(0, Native.Kill(siege.Mount.Pid, Native.Sigterm));
        run.Tally.Fault();
        siege.Mount.AssertEndsCleanly();
        foreach (CopyUnderWay copy in copies)
        {
            run.Tally.Count(copy.End() ? "copies_finished" : "copies_ended_by_an_error");
            copy.Dispose();
        }
    }
}
