namespace VdiFs.Reliability;

/// <summary>Where and of what the figures are.</summary>
internal sealed record Surroundings(string Date, string Commit, string Kernel, string Machine);
