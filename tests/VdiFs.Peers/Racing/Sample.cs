namespace VdiFs.Peers.Racing;

/// <summary>What one run of a contestant gave.</summary>
internal sealed class Sample : Dictionary<Figure, double>;
