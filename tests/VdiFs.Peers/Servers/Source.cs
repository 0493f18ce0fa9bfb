using VdiFs.EndToEnd.Harness.Servers;
using VdiFs.Peers.Disks;

namespace VdiFs.Peers.Servers;

/// <summary>A disk behind a server that was started for one run.</summary>
/// <param name="Server">The server.</param>
/// <param name="Disk">What it serves.</param>
/// <param name="Uri">How NBD clients name it.</param>
/// <param name="Socket">Where it listens.</param>
internal sealed record Source(NbdServer Server, DiskFile Disk, string Uri, string Socket);
