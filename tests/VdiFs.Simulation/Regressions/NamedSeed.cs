namespace VdiFs.Simulation.Regressions;

/// <summary>A seed that found something once.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Name">What it tests, as a sentence.</param>
/// <param name="Found">What it found.</param>
internal readonly record struct NamedSeed(long Seed, string Name, string Found);
