using VdiFs.Chaos.Network;
using VdiFs.Chaos.Servers;

namespace VdiFs.Chaos.Scenarios;

/// <summary>What the scenarios of the network have in common: one server on a host of its own.</summary>
internal static class NetworkSiege
{
    /// <summary>Reads in peace, endures the fault that the host is given, reads once more.</summary>
    /// <param name="run">The run.</param>
    /// <param name="readDeadline">How long a read may take.</param>
    /// <param name="faultOf">The fault of this host.</param>
    public static void Run(ChaosRun run, TimeSpan readDeadline, Func<NetworkHost, Action<CancellationToken>> faultOf)
    {
        var host = NetworkHost.Make(run.Bench);
        var spot = ServerSpot.OnHost(run.Bench, host);
        ServerProcess server = NbdkitServer.Start(run.Bench, spot, run.Disk.Path);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), readDeadline);
        siege.ReadInPeace();
        Action<CancellationToken> fault = faultOf(host);
        siege.Endure(stop =>
        {
            fault(stop);
            run.Tally.Count("servers_ended_by_themselves", server.Revive() ? 1 : 0);
        });
        siege.Lift();
    }

    /// <summary>Packet rules for a while; what they caught counts as faults.</summary>
    public static void CountPackets(ChaosRun run, NetworkHost host, string incoming, string outgoing, Action wait)
    {
        host.Filter(incoming, outgoing);
        wait();
        run.Tally.Fault(host.CountedPackets());
        host.Heal();
    }
}
