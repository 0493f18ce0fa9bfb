using VdiFs.Disks.Cache;
using VdiFs.Disks.ReadAhead;
using VdiFs.Formats.Allocation;

namespace VdiFs.Disks;

/// <summary>A disk that is open: read-ahead over the mount's cache over a meter over its source.</summary>
public sealed class OpenDisk : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly BlockCache _cache;
    private readonly CachedDisk _cached;
    private readonly Func<SourceStatus> _describe;

    /// <summary>Stacks a disk on an opened source, whose map the cache has made room for.</summary>
    internal OpenDisk(OpenedSource source, BlockCache cache)
    {
        _cache = cache;
        Map = source.Map;
        Origin = source.Origin;
        Limit = source.Limit;
        _describe = source.Describe;
        Meter = new MeteredDisk(source.Disk);
        _cached = new CachedDisk(Meter, cache, _stopping.Token);
        Reader = new ReadAheadDisk(_cached, Map, cache.CapacityBytes);
    }

    /// <summary>The disk's length in bytes.</summary>
    public long Length => Meter.Length;

    /// <summary>Which parts of the disk hold data.</summary>
    public AllocationMap Map { get; }

    /// <summary>Where the map comes from.</summary>
    public AllocationOrigin Origin { get; }

    /// <summary>How long one read may take in all: whoever reads keeps to it.</summary>
    public ReadLimit Limit { get; }

    /// <summary>How the source is now.</summary>
    public SourceStatus Source => _describe();

    /// <summary>What was fetched from the source.</summary>
    public MeteredDisk Meter { get; }

    /// <summary>The top of the stack: lends bytes to readers.</summary>
    public ReadAheadDisk Reader { get; }

    /// <summary>Ends the fetches under way and closes the source.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _cached.DrainAsync().ConfigureAwait(false);
        await Meter.DisposeAsync().ConfigureAwait(false);
        _cache.RemoveMap(Map.MemoryBytes);
        _stopping.Dispose();
    }
}
