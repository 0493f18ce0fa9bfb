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

    /// <summary>What is on its way beside a cache that is full: 28 reads of 1 MiB. More of them take the place of what
    /// is kept.</summary>
    public const long DefaultInFlightBytes = 28L * 1024 * 1024;

    /// <summary>What allocation maps may take before they take it from the blocks: that of a disk of 3.5 TiB.</summary>
    public const long MapAllowanceBytes = 8L * 1024 * 1024;

    /// <summary>What one kept block costs beside its bytes, in the index and as garbage of it.</summary>
    public const int IndexBytesPerBlock = 256;

    private readonly KeptBlocks _kept;
    private readonly CacheGrowth _growth;
    private int _lastDiskNumber;

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
        int least = (int)(options.CapacityBytes / CacheBlock.SizeBytes);
        Budget = new BlockBudget(least + (int)(options.InFlightBytes / CacheBlock.SizeBytes));
        Pool = new BlockPool(Budget);
        _kept = new KeptBlocks(least, CacheGrowth.BlocksToRemember(options));
        _growth = new CacheGrowth(Budget, Pool, _kept, options);
    }

    /// <summary>Makes an empty cache with the usual room for what is on its way.</summary>
    /// <param name="capacityBytes">Bytes of blocks to keep.</param>
    public BlockCache(long capacityBytes)
        : this(new BlockCacheOptions { CapacityBytes = capacityBytes })
    {
    }

    /// <summary>The limit of what is kept in rest, in bytes.</summary>
    public long CapacityBytes { get; }

    /// <summary>The limit of what is kept now, in bytes.</summary>
    public long KeptLimitBytes => (long)MaximumCount * CacheBlock.SizeBytes;

    /// <summary>Blocks cached now.</summary>
    public int Count => _kept.Count;

    /// <summary>
    /// The limit of all blocks, kept or on their way, in bytes, as it is now; falls while disks with large allocation
    /// maps are open.
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
        Math.Min(_growth.Blocks, Budget.Capacity - (int)(MinimumInFlightBytes / CacheBlock.SizeBytes));

    /// <summary>Takes the memory of all blocks there may be from the runtime, which touches none of it. A reader who
    /// finds none left would get an error for a disk that has none.</summary>
    /// <returns>False if there is not so much.</returns>
    public bool TryReserve() => Pool.TryReserve(more: 0);

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

        _kept.Evict(_kept.Count - MaximumCount);
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

    /// <summary>Finds a block for who asks for it and takes a reference to it, which the caller releases.</summary>
    internal bool TryAcquire(BlockKey key, out CacheBlock? block) => _kept.TryAcquire(key, out block);

    /// <summary>Whether a block is kept, for who does not ask for it yet.</summary>
    internal bool Contains(BlockKey key) => _kept.Contains(key);

    /// <summary>Notes that a block was asked for that somebody waited for.</summary>
    internal void Use(CacheBlock block) => _kept.Use(block);

    /// <summary>Adds filled and labelled blocks; the cache takes references of its own.</summary>
    internal void Add(BlockKey first, ReadOnlySpan<CacheBlock> blocks)
    {
        int missing = _kept.Count + blocks.Length - MaximumCount;
        if (missing > 0)
        {
            _growth.TryFill(missing);
        }

        int returned = _kept.Add(first, blocks, MaximumCount);
        if (returned > 0)
        {
            _growth.Returned(returned);
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

    /// <summary>Takes blocks for read-ahead, if need be in the place of those kept longest: they would go for these when
    /// these are there.</summary>
    /// <returns>False if reads wait for memory, or the disk holds what it may.</returns>
    internal bool TryHoldAhead(DiskShare share, int count)
    {
        if (Budget.TryHold(share, count, out int missing))
        {
            return true;
        }

        return missing > 0
            && (_growth.TryFill(missing) || _kept.Evict(missing) > 0)
            && Budget.TryHold(share, count, out _);
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

        if (shortage.Missing > 0 && !_growth.TryFill(shortage.Missing) && _kept.Evict(shortage.Missing) == 0)
        {
            GiveUpAllIdleFetches();
        }
    }

    /// <summary>Lets go of all that is kept.</summary>
    public void Dispose()
    {
        _growth.Dispose();
        _kept.Evict(int.MaxValue);
    }

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
