using System.Net;
using System.Net.Sockets;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Servers;

/// <summary>Which of the ways to a VDI are worth trying, and in what order.</summary>
/// <param name="network">The one network to use; null for all.</param>
/// <param name="writer">Who has the VDI open for writing: no other host can open it then. Null when nobody has.</param>
/// <param name="trustsStale">Whether a server without a certificate to expect is good enough.</param>
internal sealed class ServerSelection(NetworkRecord? network, VdiWriter? writer, bool trustsStale)
{
    /// <summary>The usable ones: in random order, so that disks spread over hosts, but IPv4 before IPv6.</summary>
    public IReadOnlyList<PoolServer> Choose(
        IReadOnlyList<PoolServer> candidates, PoolDatabase database, Random random)
    {
        PoolServer[] usable = [.. candidates.Where(server => IsUsable(server, database))];
        random.Shuffle(usable);
        return [.. usable.OrderBy(server => IsIpv4(server.Address) ? 0 : 1)];
    }

    private bool IsUsable(PoolServer server, PoolDatabase database) =>
        (server.Host is null || ServerCandidates.IsLive(server.Host, database))
        && (network is null || server.Network?.Ref == network.Ref)
        && (writer?.Host is not { } holder || server.Host?.Ref == holder)
        && (!server.IsTls || server.Fingerprint is not null || trustsStale);

    private static bool IsIpv4(string address) =>
        IPAddress.TryParse(address, out IPAddress? parsed) && parsed.AddressFamily == AddressFamily.InterNetwork;
}
