namespace VdiFs.Simulation.Runs;

/// <summary>Something that must not be.</summary>
internal readonly record struct Finding(FindingKind Kind, TimeSpan Time, string Text);
