namespace VdiFs.Chaos;

/// <summary>How large and how long a run is.</summary>
/// <param name="Seed">Fixes the disk's content, the order of the tools and the moments of the faults.</param>
/// <param name="SizeBytes">The disk's size; null: the scenario's own.</param>
/// <param name="Rounds">Faults to inject at least; null: the scenario's own.</param>
/// <param name="Quick">Seconds, not minutes.</param>
/// <param name="Jobs">Scenarios at once; null: one, or several in a quick run, which mostly waits.</param>
internal sealed record ChaosOptions(int Seed, long? SizeBytes, int? Rounds, bool Quick, int? Jobs);
