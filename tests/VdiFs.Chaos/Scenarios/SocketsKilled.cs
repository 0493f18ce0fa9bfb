using VdiFs.Chaos.Faults;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Scenarios;

/// <summary>The kernel closes every connection, as an administrator or a failing gateway may have it do.</summary>
internal sealed class SocketsKilled : IScenario
{
    public string Name => "sockets-killed";

    public string Summary => "ss -K of every connection each second: no reader notices";

    public Extent Extent => new(FullRounds: 500, QuickRounds: 6);

    public void Run(ChaosRun run) => NetworkSiege.Run(run, TimeSpan.FromMinutes(2), host =>
    {
        var random = new Random(run.Seed + 2);
        return stop =>
        {
            var wait = TimeSpan.FromSeconds(run.Quick ? 0.3 : 1);
            FaultClock.Pause(random, wait, wait, stop);
            string killed = Command.Ok("ss", "-K", "-H", "-t", "dst", host.Address);
            run.Tally.Fault(killed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        };
    });
}
