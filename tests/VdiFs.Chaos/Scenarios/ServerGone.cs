using VdiFs.Chaos.Readers;
using VdiFs.Chaos.Servers;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A server that stays away for longer than a read may wait, and then comes back.</summary>
internal sealed class ServerGone : IScenario
{
    private const int ReadSize = 64 << 10;
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(2);

    public string Name => "server-gone";

    public string Summary => "no server within the read deadline: EIO in time, never an empty tree; back: right bytes";

    public Extent Extent => new(FullRounds: 20, QuickRounds: 1, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        ServerProcess server = NbdkitServer.Start(run.Bench, spot, run.Disk.Path);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), ReadDeadline);
        siege.ReadInPeace();
        string[] names = Names(siege);
        for (int round = 0; round < run.Rounds; round++)
        {
            server.Kill();
            run.Tally.Fault();
            ExpectErrors(run, siege);
            Assert.Equal(names, Names(siege));
            server.Start();
            ReadAgain(run, siege);
        }

        siege.Lift();
    }

    private static void ExpectErrors(ChaosRun run, Siege siege)
    {
        const int Reads = 3;
        using PageReader reader = siege.NewPageReader();
        byte[] buffer = new byte[ReadSize];
        for (int i = 0; i < Reads; i++)
        {
            long offset = siege.RandomDataOffset(ReadSize);
            int errno = siege.InTime(() => reader.Read(offset, buffer), $"a read at {offset} without a server");
            run.Tally.Count(errno == PageReader.Eio ? "expected_eio" : "still_cached");
            run.Check(errno is 0 or PageReader.Eio, $"a read without a server failed with errno {errno}, not EIO");
        }

        run.Check(run.Tally.Detail.ContainsKey("expected_eio"), "no read without a server failed");
    }

    // The first read after the return may still meet the pause between two attempts.
    private static void ReadAgain(ChaosRun run, Siege siege)
    {
        using PageReader reader = siege.NewPageReader();
        byte[] buffer = new byte[ReadSize];
        long offset = siege.RandomDataOffset(ReadSize);
        run.Check(Wait.TryUntil(() => reader.Read(offset, buffer) == 0), "the server is back and reads still fail");
    }

    private static string[] Names(Siege siege) =>
        [
            .. Directory.GetFileSystemEntries(Path.GetDirectoryName(siege.FileOf("disk.raw"))!)
                .Order(StringComparer.Ordinal),
        ];
}
