using Microsoft.Extensions.Caching.Memory;

namespace VdiFs.Disks.Cache;

/// <summary>The memory of a mount for blocks of all its disks: those that are kept, up to one limit, and those on their
/// way, up to another. Thread-safe.</summary>
public sealed class BlockCache : IDisposable
{
    /// <summary>The smallest limit: 64 blocks, so that a request of 1 MiB always finds room.</summary>
    public const long MinimumCapacityBytes = 64L * CacheBlock.SizeBytes;

    /// <summary>The largest limit: 1 TiB.</summary>
    public const long MaximumCapacityBytes = 1L << 40;

    /// <summary>The least memory for blocks on their way: a few of the longest reads.</summary>
    public const long MinimumInFlightBytes = 2L * DiskRead.MaximumBlocks * CacheBlock.SizeBytes;

    /// <summary>Enough for 64 reads of 1 MiB, which is what the kernel sends in the background.</summary>
    public const long DefaultInFlightBytes = 64L * 1024 * 1024;

    /// <summary>What allocation maps may take before they take it from the blocks: that of a disk of 3.5 TiB.</summary>
    public const long MapAllowanceBytes = 8L * 1024 * 1024;

    /// <summary>What one kept block costs beside its bytes, in the index and as garbage of it.</summary>
    public const int IndexBytesPerBlock = 1024;

    // How much room one compaction makes: rarely needed, cheap per block, and little is lost.
    private const int CompactionDivisor = 16;

    private readonly MemoryCache _index;
    private readonly int _capacityBlocks;
    private readonly Lock _compaction = new();
    private readonly PostEvictionCallbackRegistration _releaseOnEviction;
    private int _lastDiskNumber;

    // Blocks with a reference of the index, those included that it is just letting go.
    private int _referenced;

    // Guarded by _disks.
    private readonly HashSet<DiskShare> _disks = [];
    private long _mapBytes;

    /// <summary>Makes an empty cache.</summary>
    public BlockCache(BlockCacheOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CapacityBytes, MinimumCapacityBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.CapacityBytes, MaximumCapacityBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.InFlightBytes, MinimumInFlightBytes);
        CapacityBytes = options.CapacityBytes;
        TimeProvider = options.TimeProvider;
        _capacityBlocks = (int)(options.CapacityBytes / CacheBlock.SizeBytes);
        Budget = new BlockBudget(_capacityBlocks + (int)(options.InFlightBytes / CacheBlock.SizeBytes));
        Pool = new BlockPool(Budget);
        _releaseOnEviction = new PostEvictionCallbackRegistration
        {
            EvictionCallback = (_, value, _, _) => Release((CacheBlock)value!),
        };
        _index = new MemoryCache(new MemoryCacheOptions
        {
            Clock = new CacheClock(options.TimeProvider),
            SizeLimit = _capacityBlocks,
            // Nothing expires: a disk that cannot change stays right for ever.
            ExpirationScanFrequency = TimeSpan.FromDays(1),
        });
    }

    /// <summary>Makes an empty cache with the usual room for what is on its way.</summary>
    /// <param name="capacityBytes">Bytes of blocks to keep.</param>
    public BlockCache(long capacityBytes)
        : this(new BlockCacheOptions { CapacityBytes = capacityBytes })
    {
    }

    /// <summary>The limit of what is kept, in bytes.</summary>
    public long CapacityBytes { get; }

    /// <summary>Blocks cached now.</summary>
    public int Count => _index.Count;

    /// <summary>
    /// The limit of all blocks, kept or on their way, in bytes; falls while disks with large allocation maps are open.
    /// </summary>
    public long MemoryLimitBytes => (long)Budget.Capacity * CacheBlock.SizeBytes;

    /// <summary>Bytes of blocks that are kept, lent, on their way or promised to a read.</summary>
    public long MemoryUsedBytes => (long)Budget.Taken * CacheBlock.SizeBytes;

    /// <summary>Reads that wait for memory.</summary>
    public int WaitingReads => Budget.Waiting;

    internal TimeProvider TimeProvider { get; }

    internal BlockBudget Budget { get; }

    internal BlockPool Pool { get; }

    // What is withdrawn for allocation maps comes out of what may be kept, never out of the least for what is on its
    // way.
    private int MaximumCount =>
        Math.Min(_capacityBlocks, Budget.Capacity - (int)(MinimumInFlightBytes / CacheBlock.SizeBytes));

    /// <summary>Sets memory aside for an allocation map, or for the index of what is kept in files, for as long as its
    /// disk is open.</summary>
    /// <returns>False if too little would stay for blocks.</returns>
    internal bool TryAddMap(long bytes)
    {
        const long Least = MinimumInFlightBytes + MinimumCapacityBytes;
        lock (_disks)
        {
            int count = BlocksForMaps(_mapBytes + bytes) - BlocksForMaps(_mapBytes);
            if (!Budget.TryWithdraw(count, (int)(Least / CacheBlock.SizeBytes)))
            {
                return false;
            }

            _mapBytes += bytes;
        }

        MakeRoom(0);
        return true;
    }

    /// <summary>Ends what <see cref="TryAddMap"/> began.</summary>
    internal void RemoveMap(long bytes)
    {
        lock (_disks)
        {
            Budget.Restore(BlocksForMaps(_mapBytes) - BlocksForMaps(_mapBytes - bytes));
            _mapBytes -= bytes;
        }

        Relieve();
    }

    /// <summary>A number that no other disk of this cache has.</summary>
    internal int NextDiskNumber() => Interlocked.Increment(ref _lastDiskNumber);

    /// <summary>Takes in a disk whose idle fetches may be given up when memory is short.</summary>
    internal void Add(DiskShare disk)
    {
        lock (_disks)
        {
            _disks.Add(disk);
        }
    }

    /// <summary>Forgets a disk.</summary>
    internal void Remove(DiskShare disk)
    {
        lock (_disks)
        {
            _disks.Remove(disk);
        }
    }

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
            Interlocked.Increment(ref _referenced);
            using ICacheEntry entry = _index.CreateEntry(new BlockKey(diskNumber, firstBlock + i).ToString());
            entry.Value = block;
            entry.Size = 1;
            // Also called for an entry that the cache refuses, so the reference is released in every case.
            entry.PostEvictionCallbacks.Add(_releaseOnEviction);
        }
    }

    /// <summary>Waits until a disk may hold so many blocks.</summary>
    internal ValueTask HoldAsync(DiskShare share, int count, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Budget.HoldOrWait(share, count) is { } waiter
            ? WaitAsync(waiter, cancellationToken)
            : ValueTask.CompletedTask;
    }

    /// <summary>
    /// Makes memory free that reads wait for. To be called after whatever may have made that possible: the line or what
    /// a disk holds has changed, a block came into the cache or left it, a fetch lost its last waiter.
    /// </summary>
    internal void Relieve()
    {
        if (Budget.Waiting == 0)
        {
            return;
        }

        Shortage shortage = Budget.FindShortage();
        foreach (DiskShare disk in shortage.Overdrawn ?? [])
        {
            disk.GiveUpIdleFetches();
        }

        if (shortage.Missing > 0 && !TryEvict(shortage.Missing))
        {
            GiveUpAllIdleFetches();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _index.Dispose();

    private static int BlocksForMaps(long bytes) =>
        (int)((Math.Max(bytes - MapAllowanceBytes, 0) + CacheBlock.SizeBytes - 1) / CacheBlock.SizeBytes);

    private async ValueTask WaitAsync(BlockWaiter waiter, CancellationToken cancellationToken)
    {
        Relieve();
        try
        {
            await waiter.Served.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (!Budget.TryLeave(waiter))
            {
                Budget.Release(waiter.Share, waiter.Count);
            }

            throw;
        }
        finally
        {
            // On behalf of the next in line.
            Relieve();
        }
    }

    private void Release(CacheBlock block)
    {
        block.Dispose();
        Interlocked.Decrement(ref _referenced);
        Relieve();
    }

    // Above its limit the index refuses new entries silently and evicts only later, in the background: so room is made
    // before.
    private void MakeRoom(int count)
    {
        lock (_compaction)
        {
            Evict(_index.Count + count - MaximumCount);
        }
    }

    /// <summary>False if the index has nothing left to let go.</summary>
    private bool TryEvict(int missing)
    {
        lock (_compaction)
        {
            // The index lets go in the background: what is on its way out counts, and the last of it comes here again.
            int leaving = Math.Max(Volatile.Read(ref _referenced) - _index.Count, 0);
            bool canHelp = leaving > 0 || _index.Count > 0;
            Evict(Math.Min(missing - leaving, _index.Count));
            return canHelp;
        }
    }

    // The least recently used sixteenth at least. The half keeps a quotient that is rounded down from losing an entry.
    private void Evict(int count)
    {
        if (count > 0)
        {
            double remove = Math.Max(count, _capacityBlocks / CompactionDivisor) + 0.5;
            _index.Compact(Math.Min(remove / Math.Max(_index.Count, 1), 1));
        }
    }

    private void GiveUpAllIdleFetches()
    {
        DiskShare[] disks;
        lock (_disks)
        {
            disks = [.. _disks];
        }

        foreach (DiskShare disk in disks)
        {
            disk.GiveUpIdleFetches();
        }
    }
}
