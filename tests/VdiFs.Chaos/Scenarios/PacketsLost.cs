using VdiFs.Chaos.Faults;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A network that loses packets both ways.</summary>
internal sealed class PacketsLost : IScenario
{
    private static readonly int[] PerThousand = [1, 10, 50];

    public string Name => "loss";

    public string Summary => "0.1, 1 and 5 % of the packets lost, both ways: no reader notices";

    public Extent Extent => new(FullRounds: 20_000, QuickRounds: 50, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run) => NetworkSiege.Run(run, TimeSpan.FromMinutes(2), host =>
    {
        var random = new Random(run.Seed + 2);
        int turn = 0;
        return stop =>
        {
            int lost = PerThousand[turn++ % PerThousand.Length];
            string rule = $"meta l4proto tcp numgen random mod 1000 < {lost} counter drop";
            NetworkSiege.CountPackets(run, host, rule, rule, () =>
                FaultClock.Pause(random, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(run.Quick ? 1 : 5), stop));
        };
    });
}
