using System.Collections.Concurrent;
using System.Text.Json;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Failover;
using VdiFs.Disks.Store;
using VdiFs.Fuse;

namespace VdiFs.Diagnostics;

/// <summary>Makes status.json: what the mount is doing now.</summary>
internal sealed class MountStatus(
    IDiskCatalog catalog, BlockCache cache, long memoryLimitBytes, string mountPoint, DateTimeOffset mountTime)
{
    // Only of local images, which are there until the mount ends.
    private readonly ConcurrentDictionary<DiskEntry, FuseBacking> _backings = new();

    /// <summary>Where blocks are kept in files; null: nowhere.</summary>
    public BlockStore? Store { get; init; }

    /// <summary>Tells of a disk from now on whether the kernel reads its image itself; null: it cannot.</summary>
    public void Watch(DiskEntry disk, FuseBacking? backing)
    {
        if (backing is not null)
        {
            _backings[disk] = backing;
        }
    }

    public byte[] Write()
    {
        IReadOnlyList<DiskEntry> disks = catalog.Disks;
        var document = new StatusDocument(
            ProgramVersion.Text,
            Environment.ProcessId,
            catalog.Source,
            mountPoint,
            mountTime,
            new CacheDocument(cache.KeptLimitBytes, (long)cache.Count * CacheBlock.SizeBytes),
            Store is null ? null : Describe(Store.Status),
            new MemoryDocument(
                memoryLimitBytes, Environment.WorkingSet, cache.MemoryLimitBytes, cache.MemoryUsedBytes,
                cache.WaitingReads),
            disks.Count,
            [.. disks.Where(disk => !disk.MapCosts || disk.Opened is not null).Select(Describe)]);
        return [.. JsonSerializer.SerializeToUtf8Bytes(document, DocumentJson.Readable.StatusDocument), (byte)'\n'];
    }

    private DiskStatusDocument Describe(DiskEntry entry)
    {
        OpenDisk? disk = entry.Opened;
        SourceStatus? source = disk?.Source;
        return new DiskStatusDocument(
            entry.Name,
            entry.Origin,
            entry.KnownLength,
            disk is not null,
            disk is null ? null : AllocationText.Of(disk),
            source?.Connections,
            _backings.TryGetValue(entry, out FuseBacking? backing) && backing.IsPassedThrough,
            disk?.Meter.Requests ?? 0,
            disk?.Meter.BytesFetched ?? 0,
            disk?.Meter.Failures ?? 0,
            [.. (source?.Servers ?? []).Select(Describe)],
            source?.Fault?.Message ?? source?.LastError);
    }

    private static StoreDocument Describe(StoreStatus store) => new(
        store.Directory,
        store.SizeBytes,
        store.UsedBytes,
        store.Hits,
        store.Misses,
        store.BytesRead,
        store.Written,
        store.BytesWritten,
        store.Skipped,
        store.Evicted,
        store.Damaged,
        store.Trouble);

    private static ServerDocument Describe(EndpointStatus server) => new(
        server.Address,
        server.State.ToString().ToLowerInvariant(),
        server.Connections,
        server.TimesConnected,
        server.FailuresInARow,
        server.LastFailure);
}
