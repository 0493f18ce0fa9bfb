using System.Globalization;
using VdiFs.Disks.Failover;
using VdiFs.Nbd;

namespace VdiFs.Disks.Pools.Servers;

/// <summary>The ways to a VDI as servers that an NBD disk connects to.</summary>
/// <param name="servers">The ways.</param>
/// <param name="client">What all of them have in common.</param>
/// <param name="trustsStale">Whether a server may show another certificate than the pool says.</param>
internal sealed class PoolServerDirectory(PoolServers servers, NbdClientOptions client, bool trustsStale)
    : IServerDirectory
{
    public async Task<IReadOnlyList<DiskServer>> FindAsync(CancellationToken cancellationToken) =>
        [.. (await servers.FindAsync(cancellationToken).ConfigureAwait(false)).Select(Describe)];

    private DiskServer Describe(PoolServer server)
    {
        string host = server.Address.Contains(':', StringComparison.Ordinal) ? $"[{server.Address}]" : server.Address;
        string scheme = server.IsTls ? "nbds" : "nbd";
        string text = string.Create(CultureInfo.InvariantCulture, $"{scheme}://{host}:{server.Port}");
        if (!NbdUri.TryParse(text, out NbdUri? uri, out string error))
        {
            throw new DiskException(
                DiskErrorKind.Unreachable, $"the pool gives an address that is none: {server.Address}: {error}");
        }

        uri = uri with { ExportName = server.ExportName };
        return new DiskServer(
            server.Host is null ? uri.ToString() : $"{server.Host.NameLabel} ({uri})",
            uri,
            client with
            {
                ExportNameSecret = new NbdSecret(server.ExportNameRest.Value),
                Tls = server.IsTls ? Tls(server) : null,
            })
        {
            // A host with two networks takes no more connections for that.
            HostKey = server.Host?.Uuid ?? server.Address,
        };
    }

    private NbdTlsOptions Tls(PoolServer server) => trustsStale
        ? new NbdTlsOptions { AnyCertificate = true }
        : new NbdTlsOptions { Fingerprint = server.Fingerprint };
}
