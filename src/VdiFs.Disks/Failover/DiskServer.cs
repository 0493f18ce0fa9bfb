using System.Diagnostics.CodeAnalysis;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// A server that has a disk, and how to connect to it now: that may hold a secret, so it is never shown.
/// </summary>
/// <param name="address">What people may see of it; the same server bears the same one for ever.</param>
/// <param name="uri">Where the disk is.</param>
/// <param name="client">
/// How to connect; clock, chance and verification are the disk's to set, and the transport where slots are counted.
/// </param>
internal sealed class DiskServer(string address, NbdUri uri, NbdClientOptions client)
{
    /// <summary>What people may see of it; tells servers apart.</summary>
    public string Address => address;

    /// <summary>Where the disk is.</summary>
    public NbdUri Uri => uri;

    /// <summary>
    /// Tells hosts apart: what is connected to the same one counts against one budget, whichever of its addresses is
    /// used. Where nothing else is known, the address; constant for a server.
    /// </summary>
    [AllowNull]
    public string HostKey
    {
        get => field ?? uri.Host ?? uri.SocketPath!;
        init;
    }

    /// <summary>How to connect.</summary>
    public NbdClientOptions Client => client;
}
