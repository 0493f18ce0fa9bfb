using System.Globalization;
using VdiFs.Chaos.Servers;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A server that comes back with less than it had promised.</summary>
internal sealed class ServerShortened : IScenario
{
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(2);

    public string Name => "truncated";

    public string Summary => "a server restarted with a shorter disk: EIO, never a shorter file or zeros";

    public Extent Extent => new(FullRounds: 20, QuickRounds: 1, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        for (int round = 0; round < run.Rounds; round++)
        {
            Shorten(run);
        }
    }

    private static void Shorten(ChaosRun run)
    {
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        long size = run.Size;
        using ServerProcess server = NbdkitServer.Start(run.Bench, spot, () =>
            [
                "--filter=truncate", "file", run.Disk.Path,
                string.Create(CultureInfo.InvariantCulture, $"truncate={size}"),
            ]);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), ReadDeadline);
        siege.ReadInPeace();
        server.Kill();
        size = run.Size / 2 / 512 * 512;
        server.Start();
        run.Tally.Fault();
        siege.ExpectOnlyOwnBytes(mustFail: true);
        run.Check(new FileInfo(siege.FileOf("disk.raw")).Length == run.Size, "disk.raw changed its length");
        siege.CheckNothingLeaked();
    }
}
