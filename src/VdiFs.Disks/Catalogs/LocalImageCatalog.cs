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
    }

    public string Source => _entry.Origin;

    public IReadOnlyList<DiskEntry> Disks { get; }

    /// <exception cref="DiskException">The image is absent or may not be read.</exception>
    public static async Task<LocalImageCatalog> LoadAsync(string path, CatalogOptions options)
    {
        LocalDisk probe = LocalDisk.Open(path);
        await using (probe.ConfigureAwait(false))
        {
            DateTimeOffset time = options.SnapshotTime
                ?? LocalImageFile.TimeOf(path, probe.Handle, options.MountTime);
            return new LocalImageCatalog(new DiskEntry(
                Path.GetFileName(path),
                path,
                DiskIdentities.For(path, time),
                probe.Length,
                _ => Task.FromResult(Open(path))));
        }
    }

    public ValueTask DisposeAsync() => _entry.DisposeAsync();

    private static DiskSource Open(string path)
    {
        LocalDisk disk = LocalDisk.Open(path);
        AllocationMap? holes = SparseFile.ReadAllocation(disk.Handle, disk.Length);
        return new DiskSource(
            disk,
            holes ?? AllocationMap.Full(disk.Length, AllocationMap.DefaultGranuleBytes),
            holes is null ? AllocationOrigin.None : AllocationOrigin.FileHoles,
            CountConnections: () => 0);
    }
}
