using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Doctor;

/// <summary>Whether the pool lets anybody read disks over NBD, and on which network.</summary>
internal static class NetworkChecks
{
    private const string Subject = "NBD network";
    private const string Tls = "nbd";
    private const string Plain = "insecure_nbd";

    public static IEnumerable<Finding> Run(PoolDatabase pool)
    {
        NetworkRecord[] open = [.. pool.Networks.Values.Where(network => network.Purpose.Contains(Tls))];
        NetworkRecord[] plain = [.. pool.Networks.Values.Where(network => network.Purpose.Contains(Plain))];
        if (open.Length + plain.Length == 0)
        {
            return [Closed(pool)];
        }

        return [.. plain.Select(Insecure), .. open.Concat(plain).SelectMany(network => ReachOf(pool, network))];
    }

    private static Finding Closed(PoolDatabase pool)
    {
        // The management network is the one that is surely there on every host.
        NetworkRecord? management = pool.Pifs.Values
            .Where(pif => pif.Management)
            .Select(pif => pool.Networks.GetValueOrDefault(pif.Network))
            .FirstOrDefault(network => network is not null);
        return Finding.Problem(
            Subject,
            "no network of the pool has the purpose nbd, so no host serves disks over NBD",
            $"xe network-param-add param-name=purpose param-key={Tls} uuid={management?.Uuid ?? "<network uuid>"}");
    }

    private static Finding Insecure(NetworkRecord network) => Finding.Warning(
        Subject,
        $"{network.NameLabel} has the purpose {Plain}: disks cross it unencrypted, and a server cannot prove who it is",
        $"xe network-param-remove param-name=purpose param-key={Plain} uuid={network.Uuid} "
        + $"&& xe network-param-add param-name=purpose param-key={Tls} uuid={network.Uuid}");

    private static IEnumerable<Finding> ReachOf(PoolDatabase pool, NetworkRecord network)
    {
        PifRecord[] interfaces = [.. pool.Pifs.Values.Where(pif => pif.Network == network.Ref)];
        string[] without =
        [
            .. pool.Hosts.Values
                .Where(host => !Array.Exists(interfaces, pif => pif.Host == host.Ref && IsUsable(pif)))
                .Select(host => host.NameLabel)
                .Order(StringComparer.Ordinal),
        ];
        string purpose = network.Purpose.Contains(Tls) ? Tls : Plain;
        yield return without.Length == 0
            ? Finding.Ok(Subject, $"{network.NameLabel} has the purpose {purpose} and reaches every host")
            : Finding.Warning(
                Subject,
                $"{network.NameLabel} has the purpose {purpose}, but no address on {string.Join(", ", without)}: their "
                + "local storage cannot be read",
                $"xe pif-list network-uuid={network.Uuid}, then give the host's interface an address: "
                + "xe pif-reconfigure-ip uuid=<PIF uuid> mode=dhcp");
    }

    private static bool IsUsable(PifRecord pif) =>
        pif.CurrentlyAttached && (pif.Ip.Length > 0 || pif.Ipv6.Any(address => address.Length > 0));
}
