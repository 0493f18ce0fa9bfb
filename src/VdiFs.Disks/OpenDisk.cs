using Microsoft.Win32.SafeHandles;
using VdiFs.Disks.Cache;
using VdiFs.Disks.ReadAhead;
using VdiFs.Disks.Store;
using VdiFs.Formats.Allocation;

namespace VdiFs.Disks;

/// <summary>A disk that is open: read-ahead over the mount's cache, over what is kept in files, over
/// a meter over its source.</summary>
public sealed class OpenDisk : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly BlockCache _cache;
    private readonly CachedDisk _cached;
    private readonly StoredDisk? _stored;
    private readonly Func<SourceStatus> _describe;
    private readonly Func<CancellationToken, Task<AllocationMap>>? _findPackingMap;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private Task<AllocationMap>? _packingMap;

    /// <summary>Stacks a disk on an opened source, whose map the cache has made room for.</summary>
    internal OpenDisk(OpenedSource source, BlockCache cache)
    {
        _cache = cache;
        Map = source.Map;
        Origin = source.Origin;
        OriginNote = source.OriginNote;
        Limit = source.Limit;
        LocalFile = source.LocalFile;
        _describe = source.Describe;
        _findPackingMap = source.FindPackingMap;
        Meter = new MeteredDisk(source.Disk);
        _stored = source.Stored is { } content ? content.Store.TryOpen(Meter, content, cache) : null;
        _cached = new CachedDisk(_stored is null ? Meter : _stored, cache, _stopping.Token);
        Reader = new ReadAheadDisk(_cached, Map, cache.CapacityBytes);
    }

    /// <summary>The disk's length in bytes.</summary>
    public long Length => Meter.Length;

    /// <summary>Which parts of the disk hold data.</summary>
    public AllocationMap Map { get; }

    /// <summary>
    /// The map that packed formats are laid out by, if it is known already (<see cref="GetPackingMapAsync"/>).
    /// </summary>
    public AllocationMap? PackingMap
    {
        get
        {
            if (_findPackingMap is null)
            {
                return Map;
            }

            Task<AllocationMap>? search = Volatile.Read(ref _packingMap);
            return search is { IsCompletedSuccessfully: true } ? search.Result : null;
        }
    }

    /// <summary>Where the map comes from.</summary>
    public AllocationOrigin Origin { get; }

    /// <summary>More about <see cref="Origin"/>, for people: why it is not better; null for nothing.</summary>
    public string? OriginNote { get; }

    /// <inheritdoc cref="OpenedSource.LocalFile"/>
    public SafeFileHandle? LocalFile { get; }

    /// <summary>How long one read may take in all: whoever reads keeps to it.</summary>
    public ReadLimit Limit { get; }

    /// <summary>How the source is now.</summary>
    public SourceStatus Source => _describe();

    /// <summary>What was fetched from the source.</summary>
    public MeteredDisk Meter { get; }

    /// <summary>The top of the stack: lends bytes to readers.</summary>
    public ReadAheadDisk Reader { get; }

    /// <summary>The map that packed formats are laid out by; one search for all who wait for it.</summary>
    /// <param name="cancellationToken">Ends this caller's wait, not the search.</param>
    /// <exception cref="DiskException">The source failed; the next call searches again.</exception>
    public Task<AllocationMap> GetPackingMapAsync(CancellationToken cancellationToken)
    {
        if (_findPackingMap is null)
        {
            return Task.FromResult(Map);
        }

        Task<AllocationMap> search;
        lock (_gate)
        {
            if (_packingMap is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _packingMap = FindPackingMapAsync(_findPackingMap);
            }

            search = _packingMap;
        }

        return search.WaitAsync(cancellationToken);
    }

    /// <summary>Ends the fetches under way and closes the source.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Task<AllocationMap>? search;
        lock (_gate)
        {
            search = _packingMap;
        }

        if (search is not null)
        {
            await ((Task)search).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (search.IsCompletedSuccessfully)
            {
                _cache.RemoveMap(search.Result.MemoryBytes);
            }
        }

        await _cached.DrainAsync().ConfigureAwait(false);
        if (_stored is not null)
        {
            await _stored.DisposeAsync().ConfigureAwait(false);
        }

        await Meter.DisposeAsync().ConfigureAwait(false);
        _cache.RemoveMap(Map.MemoryBytes);
        _stopping.Dispose();
    }

    private async Task<AllocationMap> FindPackingMapAsync(Func<CancellationToken, Task<AllocationMap>> find)
    {
        // Off the caller's lock and thread.
        await Task.Yield();
        AllocationMap map = await find(_stopping.Token).ConfigureAwait(false);
        return _cache.TryAddMap(map.MemoryBytes)
            ? map
            : throw new DiskException(
                DiskErrorKind.OutOfMemory,
                $"the allocation map takes {map.MemoryBytes} bytes, which the memory limit does not leave: "
                + "raise --memory-limit");
    }
}
