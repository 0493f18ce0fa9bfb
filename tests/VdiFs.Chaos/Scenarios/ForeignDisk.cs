using VdiFs.Chaos.Content;
using VdiFs.Chaos.Readers;
using VdiFs.Chaos.Servers;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A server that comes back with another disk of the same size under the same name.</summary>
internal sealed class ForeignDisk : IScenario
{
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(2);

    public string Name => "foreign-disk";

    public string Summary => "a server restarted with another disk of the same size: EIO, not a byte of that disk";

    public Extent Extent => new(FullRounds: 20, QuickRounds: 1, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        CodedDisk foreign = run.MakeForeignDisk();
        for (int round = 0; round < run.Rounds; round++)
        {
            Swap(run, foreign, round);
        }
    }

    private static void Swap(ChaosRun run, CodedDisk foreign, int round)
    {
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        string image = run.Disk.Path;
        using ServerProcess server = NbdkitServer.Start(run.Bench, spot, () => ["file", image]);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), ReadDeadline);
        siege.ReadInPeace();
        using var copying = new CopyUnderWay(run, siege, "disk.raw");
        copying.WaitForBytes(run.Random.NextInt64(run.Size / 4));
        server.Kill();
        image = foreign.Path;
        server.Start();
        run.Tally.Fault();
        bool finished = copying.End();
        run.Tally.Count(finished ? "copies_finished_from_the_cache" : "copies_ended_by_eio");
        siege.ExpectOnlyOwnBytes(mustFail: true);

        // The first disk comes back: whatever the mount does then, it must not be the second one's bytes.
        server.Kill();
        image = run.Disk.Path;
        server.Start();
        siege.ExpectOnlyOwnBytes(mustFail: false);
        siege.CheckNothingLeaked();
        run.Check(foreign.IsUntouched, $"the foreign disk was written to in round {round}");
    }
}
