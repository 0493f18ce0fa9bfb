using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Servers;

/// <summary>Which of a pool's addresses answer NBD: those on networks whose purpose says so.</summary>
internal static class NbdNetworks
{
    /// <summary>Purpose of a network with NBD over TLS.</summary>
    public const string Purpose = "nbd";

    /// <summary>Purpose of a network with NBD in clear text. A pool never has both (xapi: xapi_network.ml).</summary>
    public const string InsecurePurpose = "insecure_nbd";

    private const string BackupNetworkKey = "xo:backupNetwork";
    private const string LinkLocal = "fe80:";

    /// <summary>Whether NBD is allowed on a network.</summary>
    public static bool Allows(NetworkRecord network) =>
        network.Purpose.Contains(Purpose) || network.Purpose.Contains(InsecurePurpose);

    /// <summary>
    /// The interface that serves NBD at an address; null when none is known to. An interface that is unplugged, or has
    /// another purpose, may bear the same address as another host's.
    /// </summary>
    public static PifRecord? InterfaceOf(string address, PoolDatabase database) =>
        database.Pifs.Values.FirstOrDefault(pif =>
            pif.CurrentlyAttached
            && database.Networks.TryGetValue(pif.Network, out NetworkRecord? network)
            && Allows(network)
            && AddressesOf(pif).Contains(address, StringComparer.OrdinalIgnoreCase));

    /// <summary>The addresses of an interface, IPv4 first: xapi-nbd listens on that only, whatever XAPI
    /// lists.</summary>
    public static IEnumerable<string> AddressesOf(PifRecord pif)
    {
        if (pif.Ip.Length > 0)
        {
            yield return pif.Ip;
        }

        foreach (string address in pif.Ipv6)
        {
            string bare = address.Split('/')[0];
            if (bare.Length > 0 && !bare.StartsWith(LinkLocal, StringComparison.OrdinalIgnoreCase))
            {
                yield return bare;
            }
        }
    }

    /// <summary>
    /// The one network to use: the user's choice, else the pool's backup network; null when there is no restriction.
    /// </summary>
    /// <exception cref="DiskException">BadSource: the user's network is not there, or is not the only one.</exception>
    public static NetworkRecord? RestrictionOf(string? chosen, PoolDatabase database)
    {
        if (chosen is null)
        {
            string? backup = database.Pool?.OtherConfig.GetValueOrDefault(BackupNetworkKey);
            return database.Networks.Values.FirstOrDefault(network => network.Uuid == backup);
        }

        NetworkRecord[] named = [.. database.Networks.Values.Where(
            network => network.Uuid == chosen || network.NameLabel == chosen)];
        return named.Length == 1
            ? named[0]
            : throw new DiskException(
                DiskErrorKind.BadSource,
                named.Length == 0
                    ? $"the pool has no network '{chosen}' (--network); it has: "
                        + string.Join(", ", database.Networks.Values.Select(network => network.NameLabel).Order())
                    : $"the pool has {named.Length} networks named '{chosen}': give the uuid of one (--network)");
    }
}
