using VdiFs.Disks.Local;
using VdiFs.Formats.Allocation;

namespace VdiFs.Disks.Catalogs;

/// <summary>One raw image in a local file or block device.</summary>
internal sealed class LocalImageCatalog : IDiskCatalog
{
    private readonly DiskEntry _entry;

    private LocalImageCatalog(DiskEntry entry)
    {
        _entry = entry;
        Disks = [entry];
        Root = new CatalogFolder("", "", entry.Identity.SnapshotTime, () => CatalogContent.Of(Disks));
    }

    public string Source => _entry.Origin;

    public IReadOnlyList<DiskEntry> Disks { get; }

    public CatalogFolder Root { get; }

    /// <exception cref="DiskException">The image is absent or may not be read.</exception>
    public static LocalImageCatalog Load(string path, CatalogOptions options)
    {
        // Open from now on: another image put in this one's place must not be read under its time and identity.
        LocalDisk disk = LocalDisk.Open(path);
        DateTimeOffset time = options.SnapshotTime ?? LocalImageFile.TimeOf(path, disk.Handle, options.MountTime);
        return new LocalImageCatalog(new DiskEntry(
            Path.GetFileName(path),
            path,
            DiskIdentities.For(path, time),
            disk.Length,
            _ => Task.FromResult(Describe(disk)),
            held: disk));
    }

    public ValueTask DisposeAsync() => _entry.DisposeAsync();

    private static OpenedSource Describe(LocalDisk disk)
    {
        AllocationMap? holes = SparseFile.ReadAllocation(disk.Handle, disk.Length);
        return new OpenedSource(
            disk,
            holes ?? AllocationMap.Full(disk.Length, AllocationMap.DefaultGranuleBytes),
            holes is null ? AllocationOrigin.None : AllocationOrigin.FileHoles,
            () => SourceStatus.Local)
        {
            LocalFile = disk.Handle,
        };
    }
}
