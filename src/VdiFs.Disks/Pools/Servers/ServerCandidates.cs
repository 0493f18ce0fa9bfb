using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Servers;

/// <summary>Every way to a VDI, from what XAPI answers or, where it does not, from the pool's records.</summary>
internal static class ServerCandidates
{
    // xapi-nbd: consts.ml.
    private const int Port = 10809;

    private const string HostCertificate = "host";
    private const string SessionParameter = "?session_id=";

    /// <summary>From VDI.get_nbd_info.</summary>
    public static IReadOnlyList<PoolServer> From(
        IReadOnlyList<VdiNbdServerInfo> answer, VdiRecord vdi, PoolDatabase database) =>
        [.. answer.Where(info => info.Address.Length > 0 && info.Port > 0).Select(info => From(info, vdi, database))];

    /// <summary>
    /// As XAPI would answer (xapi: xapi_vdi.ml, _get_nbd_info), without asking any host: one that is dead makes that
    /// call fail for all others.
    /// </summary>
    public static IReadOnlyList<PoolServer> From(PoolDatabase database, VdiRecord vdi, PoolSecret session)
    {
        List<PoolServer> servers = [];
        HashSet<OpaqueRef> hosts = [.. HostsOf(vdi, database).Select(host => host.Ref)];
        foreach (PifRecord pif in database.Pifs.Values.Where(pif => pif.CurrentlyAttached && hosts.Contains(pif.Host)))
        {
            if (!database.Networks.TryGetValue(pif.Network, out NetworkRecord? network) || !NbdNetworks.Allows(network))
            {
                continue;
            }

            HostRecord host = database.Hosts[pif.Host];
            servers.AddRange(NbdNetworks.AddressesOf(pif).Select(address => new PoolServer
            {
                Host = host,
                Network = network,
                Address = address,
                Port = Port,
                ExportName = NameOf(vdi),
                ExportNameRest = new PoolSecret(SessionParameter + session.Value),
                Fingerprint = NotedFingerprint(host, database),
            }));
        }

        return servers;
    }

    /// <summary>The hosts that have the VDI's SR attached, as the pool last knew.</summary>
    public static IEnumerable<HostRecord> HostsOf(VdiRecord vdi, PoolDatabase database) =>
        database.Pbds.Values
            .Where(pbd => pbd.Sr == vdi.Sr && pbd.CurrentlyAttached && database.Hosts.ContainsKey(pbd.Host))
            .Select(pbd => database.Hosts[pbd.Host])
            .DistinctBy(host => host.Ref);

    /// <summary>Whether the coordinator hears a host.</summary>
    public static bool IsLive(HostRecord host, PoolDatabase database) =>
        database.HostMetrics.TryGetValue(host.Metrics, out HostMetricsRecord? metrics) && metrics.Live;

    private static PoolServer From(VdiNbdServerInfo info, VdiRecord vdi, PoolDatabase database)
    {
        PifRecord? pif = NbdNetworks.InterfaceOf(info.Address, database);
        HostRecord? host = pif is null ? null : database.Hosts.GetValueOrDefault(pif.Host);
        string name = NameOf(vdi);
        bool isUsual = info.ExportName.StartsWith(name, StringComparison.Ordinal);
        return new PoolServer
        {
            Host = host,
            Network = pif is null ? null : database.Networks.GetValueOrDefault(pif.Network),
            Address = info.Address,
            Port = info.Port,
            ExportName = isUsual ? name : "",
            ExportNameRest = new PoolSecret(isUsual ? info.ExportName[name.Length..] : info.ExportName),
            Fingerprint =
                FingerprintOf(info.CertificatePem) ?? (host is null ? null : NotedFingerprint(host, database)),
        };
    }

    private static string NameOf(VdiRecord vdi) => "/" + vdi.Uuid;

    // The certificate itself is the pin, which also settles its name: no other certificate is accepted.
    private static string? FingerprintOf(string pem)
    {
        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(pem);
            return certificate.GetCertHashString(HashAlgorithmName.SHA256);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static string? NotedFingerprint(HostRecord host, PoolDatabase database) =>
        database.Certificates.Values
            .Where(certificate => certificate.Type == HostCertificate && certificate.Host == host.Ref)
            .OrderByDescending(certificate => certificate.NotBefore)
            .Select(certificate => certificate.FingerprintSha256)
            .FirstOrDefault(fingerprint => fingerprint.Length > 0);
}
