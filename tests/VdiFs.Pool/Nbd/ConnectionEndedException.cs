namespace VdiFs.Pool.Nbd;

/// <summary>The daemon gives a connection up. The client is told nothing; the reason is for the simulator's
/// reader.</summary>
internal sealed class ConnectionEndedException(string reason) : Exception(reason);
