using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Servers;

/// <summary>Why no host of a pool delivers a disk, and what to do.</summary>
internal static class NbdRefusal
{
    /// <summary>Finds the first reason, from the disk outwards.</summary>
    /// <param name="name">The disk, for people.</param>
    /// <param name="vdi">The disk.</param>
    /// <param name="database">The pool.</param>
    /// <param name="network">The one network to use; null for all.</param>
    /// <param name="writer">Who has the disk open for writing; null when nobody has.</param>
    /// <returns>Unreachable where waiting may help; Unsupported where somebody must do something.</returns>
    public static DiskException For(
        string name, VdiRecord vdi, PoolDatabase database, NetworkRecord? network, VdiWriter? writer)
    {
        (DiskErrorKind kind, string reason) = HostReason(vdi, database, writer) is { } hosts
            ? (DiskErrorKind.Unreachable, hosts)
            : NetworkReason(vdi, database, network);
        return new DiskException(kind, $"no host delivers {name} over NBD: {reason}");
    }

    private static string? HostReason(VdiRecord vdi, PoolDatabase database, VdiWriter? writer)
    {
        string sr = database.Srs.TryGetValue(vdi.Sr, out SrRecord? record)
            ? $"SR {record.NameLabel} ({record.Uuid})"
            : "its SR";
        HostRecord[] attached = [.. ServerCandidates.HostsOf(vdi, database)];
        if (attached.Length == 0)
        {
            return $"{sr} is attached to no host: plug its PBDs (xe pbd-plug uuid=...)";
        }

        HostRecord[] live = [.. attached.Where(host => ServerCandidates.IsLive(host, database))];
        if (live.Length == 0)
        {
            return $"no host that has {sr} is alive: {Names(attached)}";
        }

        return writer?.Host is { } holder && live.All(host => host.Ref != holder)
            ? $"{writer.Who} writes to it, so only the host of that can deliver it, which is dead or lacks {sr}"
            : null;
    }

    private static (DiskErrorKind Kind, string Reason) NetworkReason(
        VdiRecord vdi, PoolDatabase database, NetworkRecord? network)
    {
        HostRecord[] live =
            [.. ServerCandidates.HostsOf(vdi, database).Where(host => ServerCandidates.IsLive(host, database))];
        NetworkRecord[] allowed = [.. database.Networks.Values.Where(NbdNetworks.Allows)];
        if (network is not null && !NbdNetworks.Allows(network))
        {
            return (
                DiskErrorKind.Unsupported,
                $"NBD is not enabled on network {network.NameLabel}, the one to use: {Cure(network, allowed)}");
        }

        if (allowed.Length == 0)
        {
            return (
                DiskErrorKind.Unsupported,
                $"NBD is enabled on no network of the pool: {Cure(ManagementNetwork(live, database), allowed)}");
        }

        string networks = network?.NameLabel ?? string.Join(", ", allowed.Select(one => one.NameLabel).Order());
        return (
            DiskErrorKind.Unreachable,
            $"none of {Names(live)} has an address on network {networks}, where NBD is enabled, and a certificate in "
            + "the pool's records: give one an IP address there (xe pif-reconfigure-ip uuid=... mode=dhcp)");
    }

    // A pool that has it in clear text already refuses to have it encrypted as well.
    private static string Cure(NetworkRecord? network, NetworkRecord[] allowed)
    {
        string purpose = allowed.Any(one => one.Purpose.Contains(NbdNetworks.InsecurePurpose))
            ? NbdNetworks.InsecurePurpose
            : NbdNetworks.Purpose;
        return $"xe network-param-add param-name=purpose param-key={purpose} uuid={network?.Uuid ?? "NETWORK"}";
    }

    private static NetworkRecord? ManagementNetwork(HostRecord[] hosts, PoolDatabase database) =>
        database.Pifs.Values
            .Where(pif => pif.Management && hosts.Any(host => host.Ref == pif.Host))
            .Select(pif => database.Networks.GetValueOrDefault(pif.Network))
            .FirstOrDefault(network => network is not null);

    private static string Names(HostRecord[] hosts) =>
        string.Join(", ", hosts.Select(host => host.NameLabel).Order(StringComparer.Ordinal));
}
