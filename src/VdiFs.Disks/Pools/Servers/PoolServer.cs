using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Servers;

/// <summary>
/// One way to a VDI: an address of a host, and whom to expect there. A class without text: its export name ends with
/// the session.
/// </summary>
internal sealed class PoolServer
{
    /// <summary>The host; null when the pool's records do not tell whose address it is.</summary>
    public required HostRecord? Host { get; init; }

    /// <summary>The network that the address belongs to; null when the pool's records do not tell.</summary>
    public required NetworkRecord? Network { get; init; }

    /// <summary>IP address, without brackets and prefix.</summary>
    public required string Address { get; init; }

    /// <summary>TCP port.</summary>
    public required int Port { get; init; }

    /// <summary>The part of the export name that may be shown.</summary>
    public required string ExportName { get; init; }

    /// <summary>The rest of the export name: a secret.</summary>
    public required PoolSecret ExportNameRest { get; init; }

    /// <summary>SHA-256 of the certificate that the host shows; null when the pool's records do not tell.</summary>
    public required string? Fingerprint { get; init; }

    /// <summary>Whether NBD on its network is over TLS: all but what is declared insecure, and nothing else. The export
    /// name is not told in clear text to whoever may want TLS.</summary>
    public bool IsTls => Network is null || Network.Purpose.Contains(NbdNetworks.Purpose)
        || !Network.Purpose.Contains(NbdNetworks.InsecurePurpose);
}
