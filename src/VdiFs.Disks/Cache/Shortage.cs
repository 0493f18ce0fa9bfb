namespace VdiFs.Disks.Cache;

/// <summary>Why reads wait for memory.</summary>
/// <param name="Missing">Blocks that the next read in line lacks.</param>
/// <param name="Overdrawn">Disks with waiting reads that hold all they may; null: none.</param>
internal readonly record struct Shortage(int Missing, IReadOnlyCollection<DiskShare>? Overdrawn);
