using Microsoft.Extensions.Caching.Memory;

namespace VdiFs.Disks.Cache;

/// <summary>The block cache of a mount: one limit in bytes over the blocks of all its disks. Thread-safe.</summary>
public sealed class BlockCache : IDisposable
{
    /// <summary>The smallest limit: 64 blocks, so that a request of 1 MiB always finds room.</summary>
    public const long MinimumCapacityBytes = 64L * CacheBlock.SizeBytes;

    /// <summary>The largest limit: 1 TiB.</summary>
    public const long MaximumCapacityBytes = 1L << 40;

    // What may be in flight or lent beyond the cached blocks before read-ahead holds back.
    private const long AllowanceBytes = 64L * 1024 * 1024;

    // How much room one compaction makes: rarely needed, cheap per block, and little is lost.
    private const int CompactionDivisor = 16;

    private static readonly PostEvictionCallbackRegistration ReleaseOnEviction = new()
    {
        EvictionCallback = static (_, value, _, _) => ((CacheBlock)value!).Dispose(),
    };

    private readonly MemoryCache _index;
    private readonly int _capacityBlocks;
    private readonly Lock _compaction = new();
    private int _lastDiskNumber;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="capacityBytes">The limit, <see cref="MinimumCapacityBytes"/> to
    /// <see cref="MaximumCapacityBytes"/>; rounded down to whole blocks.</param>
    /// <param name="time">The clock that tells which blocks were used least recently; null: the system's.</param>
    public BlockCache(long capacityBytes, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityBytes, MinimumCapacityBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacityBytes, MaximumCapacityBytes);
        CapacityBytes = capacityBytes;
        _capacityBlocks = (int)(capacityBytes / CacheBlock.SizeBytes);
        Pool = new BlockPool(_capacityBlocks + (int)(AllowanceBytes / CacheBlock.SizeBytes));
        _index = new MemoryCache(new MemoryCacheOptions
        {
            Clock = new CacheClock(time ?? TimeProvider.System),
            SizeLimit = _capacityBlocks,
            // Nothing expires: a disk that cannot change stays right for ever.
            ExpirationScanFrequency = TimeSpan.FromDays(1),
        });
    }

    /// <summary>The limit in bytes.</summary>
    public long CapacityBytes { get; }

    /// <summary>Blocks cached now.</summary>
    public int Count => _index.Count;

    internal BlockPool Pool { get; }

    /// <summary>A number that no other disk of this cache has.</summary>
    internal int NextDiskNumber() => Interlocked.Increment(ref _lastDiskNumber);

    /// <summary>Finds a block and takes a reference to it, which the caller releases.</summary>
    internal bool TryAcquire(BlockKey key, out CacheBlock? block)
    {
        Span<char> text = stackalloc char[BlockKey.Chars];
        key.Write(text);
        return _index.TryGetValue(text, out block) && block!.TryAcquire(key);
    }

    /// <summary>Adds filled and labelled blocks; the cache takes references of its own. Under pressure a block may be
    /// left out: that costs a further fetch, never a wrong byte.</summary>
    internal void Add(int diskNumber, long firstBlock, ReadOnlySpan<CacheBlock> blocks)
    {
        MakeRoom(blocks.Length);
        for (int i = 0; i < blocks.Length; i++)
        {
            CacheBlock block = blocks[i];
            block.Acquire();
            using ICacheEntry entry = _index.CreateEntry(new BlockKey(diskNumber, firstBlock + i).ToString());
            entry.Value = block;
            entry.Size = 1;
            // Also called for an entry that the cache refuses, so the reference is released in every case.
            entry.PostEvictionCallbacks.Add(ReleaseOnEviction);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _index.Dispose();

    // Above its limit the index refuses new entries silently and evicts only later, in the background: so room is made
    // before, by evicting the least recently used sixteenth.
    private void MakeRoom(int count)
    {
        lock (_compaction)
        {
            int missing = _index.Count + count - _capacityBlocks;
            if (missing > 0)
            {
                int remove = Math.Max(missing, _capacityBlocks / CompactionDivisor);
                _index.Compact((double)remove / Math.Max(_index.Count, 1));
            }
        }
    }
}
