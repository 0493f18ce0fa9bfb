using VdiFs.Xapi.Http;
using VdiFs.Xapi.Model;

namespace VdiFs.Xapi.Session;

/// <summary>What a pool's records say about its hosts.</summary>
internal static class PoolHosts
{
    /// <summary>Management addresses, those of hosts that the pool counts as alive first.</summary>
    public static IEnumerable<string> AddressesOf(PoolDatabase database) => database.Hosts.Values
        .Where(host => host.Address.Length > 0)
        .OrderByDescending(host =>
            database.HostMetrics.TryGetValue(host.Metrics, out HostMetricsRecord? metrics) && metrics.Live)
        .ThenBy(host => host.Address, StringComparer.Ordinal)
        .Select(host => host.Address);

    /// <summary>Fingerprints by address: a host shows the same certificate on every one of its interfaces.</summary>
    public static IEnumerable<KeyValuePair<string, string>> CertificatesOf(PoolDatabase database)
    {
        ILookup<OpaqueRef, PifRecord> pifs = database.Pifs.Values.ToLookup(pif => pif.Host);
        return
            from certificate in database.Certificates.Values
            where certificate.Type == "host"
            let fingerprint = Fingerprints.Parse(certificate.FingerprintSha256)
            where fingerprint is not null && database.Hosts.ContainsKey(certificate.Host)
            from address in AddressesOf(database.Hosts[certificate.Host], pifs[certificate.Host])
            select KeyValuePair.Create(address, fingerprint);
    }

    private static IEnumerable<string> AddressesOf(HostRecord host, IEnumerable<PifRecord> pifs) => pifs
        .SelectMany(pif => pif.Ipv6.Select(ip => ip.Split('/')[0]).Prepend(pif.Ip))
        .Prepend(host.Address)
        .Where(address => address.Length > 0)
        .Distinct(StringComparer.OrdinalIgnoreCase);
}
