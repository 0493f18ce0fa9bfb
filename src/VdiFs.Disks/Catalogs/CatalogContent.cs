namespace VdiFs.Disks.Catalogs;

/// <summary>What lies in a directory of a catalog, each kind in the source's order.</summary>
/// <param name="Folders">Directories.</param>
/// <param name="Disks">Disks; one disk may lie in several directories.</param>
/// <param name="Documents">Small text files about the directory itself.</param>
public sealed record CatalogContent(
    IReadOnlyList<CatalogFolder> Folders,
    IReadOnlyList<CatalogDisk> Disks,
    IReadOnlyList<CatalogDocument> Documents)
{
    /// <summary>The virtual machine that the directory's disks belong to; null when they are no machine's.</summary>
    public CatalogMachine? Machine { get; init; }

    /// <summary>A directory of disks alone, under their own names.</summary>
    public static CatalogContent Of(IEnumerable<DiskEntry> disks) =>
        new([], [.. disks.Select(disk => new CatalogDisk(disk.Name, disk))], []);
}
