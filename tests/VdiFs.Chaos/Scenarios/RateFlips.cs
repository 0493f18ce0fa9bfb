using VdiFs.Chaos.Faults;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A link whose speed changes all the time.</summary>
internal sealed class RateFlips : IScenario
{
    private static readonly string[] Rates = ["1mbit", "10gbit", "10mbit", "1gbit", "100mbit"];

    public string Name => "rate";

    public string Summary => "the link flips between 1 Mbit/s and 10 Gbit/s: no reader notices";

    public Extent Extent => new(FullRounds: 100, QuickRounds: 5);

    public void Run(ChaosRun run) => NetworkSiege.Run(run, TimeSpan.FromMinutes(5), host =>
    {
        var random = new Random(run.Seed + 2);
        return stop =>
        {
            host.Limit(Rates[random.Next(Rates.Length)]);
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(run.Quick ? 0.5 : 3), stop);
            host.Unlimit();
            run.Tally.Fault();
        };
    });
}
