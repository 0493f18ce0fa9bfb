using VdiFs.Chaos.Servers;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Scenarios;

/// <summary>kill -9 of the daemon under copies: they end with an error, and the next mount clears the place.</summary>
internal sealed class DaemonKilled : IScenario
{
    private static readonly string[] Files = ["disk.raw", "disk.vhd", "disk.vmdk"];

    public string Name => "daemon-killed";

    public string Summary =>
        "kill -9 of the daemon under copies: an error at once, right bytes till then, mounted anew";

    public Extent Extent => new(FullRounds: 50, QuickRounds: 1, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        ServerProcess server = NbdkitServer.Start(run.Bench, spot, run.Disk.Path);
        for (int round = 0; round < run.Rounds; round++)
        {
            KillUnderCopies(run, spot);
            run.Tally.Count("servers_ended_by_themselves", server.Revive() ? 1 : 0);
        }

        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), TimeSpan.FromMinutes(1));
        siege.ReadInPeace();
        siege.CheckNothingLeaked();
    }

    private static void KillUnderCopies(ChaosRun run, ServerSpot spot)
    {
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), TimeSpan.FromMinutes(1));
        CopyUnderWay[] copies = [.. Files.Select(name => new CopyUnderWay(run, siege, name))];
        copies[0].WaitForBytes(run.Random.NextInt64(run.Size / 4));
        Assert.Equal(0, Native.Kill(siege.Mount.Pid, Native.Sigkill));
        run.Tally.Fault();
        foreach (CopyUnderWay copy in copies)
        {
            run.Tally.Count(copy.End() ? "copies_finished" : "copies_ended_by_an_error");
            copy.Dispose();
        }

        CommandResult listing = Command.Run("ls", siege.Mount.Directory);
        run.Check(
            listing.ExitCode != 0 && listing.Error.Contains("Transport endpoint", StringComparison.Ordinal),
            $"a dead mount must say ENOTCONN: {listing}");
        Command.Ok("umount", siege.Mount.Directory);
    }
}
