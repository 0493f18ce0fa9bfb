namespace VdiFs.Disks.Catalogs;

/// <summary>A disk in a directory.</summary>
/// <param name="Name">Its name there; any text.</param>
/// <param name="Entry">The disk.</param>
public sealed record CatalogDisk(string Name, DiskEntry Entry);
