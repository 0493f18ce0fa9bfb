using VdiFs.Chaos.Faults;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A firewall that answers one packet of 200 with a reset.</summary>
internal sealed class ConnectionsReset : IScenario
{
    private const string Rule = "meta l4proto tcp numgen random mod 1000 < 5 counter reject with tcp reset";

    public string Name => "reset";

    public string Summary => "a random TCP reset for 0.5 % of the packets: no reader notices";

    public Extent Extent => new(FullRounds: 2000, QuickRounds: 20);

    public void Run(ChaosRun run) => NetworkSiege.Run(run, TimeSpan.FromMinutes(2), host =>
    {
        var random = new Random(run.Seed + 2);
        return stop => NetworkSiege.CountPackets(run, host, Rule, "", () =>
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(run.Quick ? 1 : 4), stop));
    });
}
