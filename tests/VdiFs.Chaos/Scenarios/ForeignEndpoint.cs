using VdiFs.Chaos.Content;
using VdiFs.Chaos.Servers;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Scenarios;

/// <summary>Two endpoints, of which the second serves another disk of the same size.</summary>
internal sealed class ForeignEndpoint : IScenario
{
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(2);

    public string Name => "foreign-endpoint";

    public string Summary => "a second endpoint that serves another disk: never a byte of it, also when it is the last";

    public Extent Extent => new(FullRounds: 20, QuickRounds: 1, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        CodedDisk foreign = run.MakeForeignDisk();
        ServerSpot[] spots = [ServerSpot.OnSocket(run.Bench, "own"), ServerSpot.OnSocket(run.Bench, "foreign")];
        ServerProcess own = NbdkitServer.Start(run.Bench, spots[0], run.Disk.Path);
        ServerProcess other = NbdkitServer.Create(run.Bench, spots[1], () => ["file", foreign.Path]);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spots), ReadDeadline);
        siege.ReadInPeace();
        other.Start();
        for (int round = 0; round < run.Rounds; round++)
        {
            own.Kill();
            run.Tally.Fault();
            siege.ExpectOnlyOwnBytes(mustFail: true);
            own.Start();
            run.Check(
                Wait.TryUntil(siege.ReadsSomethingAgain), $"round {round}: the own disk is back and reads still fail");
        }

        siege.Lift();
    }
}
