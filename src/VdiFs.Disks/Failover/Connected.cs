using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>A server that is ready to be asked.</summary>
/// <param name="Endpoint">The server.</param>
/// <param name="Client">Its client; alive when it was chosen.</param>
internal readonly record struct Connected(Endpoint Endpoint, NbdClient Client);
