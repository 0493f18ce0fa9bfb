namespace VdiFs.Peers;

/// <summary>How large and how long a run is.</summary>
/// <param name="Rounds">Runs of each contestant.</param>
/// <param name="SizeBytes">The disk's size.</param>
internal sealed record PeersOptions(int Rounds, long SizeBytes);
