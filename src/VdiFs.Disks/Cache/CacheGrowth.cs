namespace VdiFs.Disks.Cache;

/// <summary>How many blocks are kept: the least in rest, more while somebody reads, and still more when readers ask
/// for what has just gone. Thread-safe.</summary>
/// <remarks>
/// Who reads a disk after somebody else needs what is between them. Nobody knows beforehand whether there will be a
/// second one, so what lies within reach of one that starts a little later is kept for him. How much more a distance
/// needs shows only when he asks for what was let go.
/// </remarks>
internal sealed class CacheGrowth : IDisposable
{
    /// <summary>How many more blocks are kept for each that has to be fetched again: who follows at a distance meets
    /// few such blocks before the cache spans it.</summary>
    public const int BlocksPerReturn = 4;

    /// <summary>How many blocks are added at a time while the cache fills: 16 MiB.</summary>
    private const int BlocksPerFill = 256;

    /// <summary>How long a machine that could spare no memory is not asked again.</summary>
    public static readonly TimeSpan RefusalTime = TimeSpan.FromSeconds(10);

    /// <summary>What was added goes when nobody has read for so long.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(1);

    private readonly BlockBudget _budget;
    private readonly BlockPool _pool;
    private readonly KeptBlocks _kept;
    private readonly Func<long, bool> _hasRoomFor;
    private readonly int _least;
    private readonly int _full;
    private readonly int _most;
    private readonly TimeProvider _time;

    // Guarded by _gate.
    private readonly Lock _gate = new();
    private int _blocks;
    private long _usesSeen;
    private ITimer? _idleWatch;
    private long? _refusedAt;

    /// <summary>Starts with the least.</summary>
    /// <param name="budget">Counts the blocks.</param>
    /// <param name="pool">Has them.</param>
    /// <param name="kept">Those that are kept.</param>
    /// <param name="options">How many they may be.</param>
    public CacheGrowth(BlockBudget budget, BlockPool pool, KeptBlocks kept, BlockCacheOptions options)
    {
        _budget = budget;
        _pool = pool;
        _kept = kept;
        _hasRoomFor = options.HasRoomFor;
        _time = options.TimeProvider;
        _least = BlocksOf(options.CapacityBytes);
        _full = Math.Max(BlocksOf(options.FillsToBytes), _least);
        _most = Math.Max(BlocksOf(options.GrowsToBytes), _full);
        _blocks = _least;
    }

    /// <summary>How many blocks that went have to be remembered.</summary>
    public static int BlocksToRemember(BlockCacheOptions options)
    {
        int most = BlocksOf(options.GrowsToBytes);
        return most > BlocksOf(Math.Max(options.FillsToBytes, options.CapacityBytes)) ? most : 0;
    }

    /// <summary>How many blocks may be kept now.</summary>
    public int Blocks => Volatile.Read(ref _blocks);

    /// <summary>There is no room for so many blocks; false if others have to go for them.</summary>
    public bool TryFill(int missing)
    {
        lock (_gate)
        {
            int room = _full - _blocks;
            return room > 0 && TryAdd(Math.Min(Math.Max(missing, BlocksPerFill), room)) && missing <= room;
        }
    }

    /// <summary>So many blocks were fetched that had been let go.</summary>
    public void Returned(int count)
    {
        lock (_gate)
        {
            int more = Math.Min(count * BlocksPerReturn, _most - _blocks);
            if (more > 0)
            {
                TryAdd(more);
            }
        }
    }

    /// <summary>Ends the watch.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _idleWatch?.Dispose();
            _idleWatch = null;
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            long uses = _kept.Uses;
            bool isIdle = uses == _usesSeen;
            _usesSeen = uses;
            // Allocation maps may have taken what was added.
            if (!isIdle || _idleWatch is null || !_budget.TryWithdraw(_blocks - _least, least: 0))
            {
                return;
            }

            _blocks = _least;
            _idleWatch.Dispose();
            _idleWatch = null;
        }

        _kept.Evict(_kept.Count - _least);
        _pool.Trim();
    }

    private static int BlocksOf(long bytes) => (int)(bytes / CacheBlock.SizeBytes);

    // The members below are used with _gate held.

    private bool TryAdd(int more)
    {
        if (IsRefused() || !_hasRoomFor((long)more * CacheBlock.SizeBytes) || !_pool.TryReserve(_blocks - _least + more))
        {
            _refusedAt ??= _time.GetTimestamp();
            return false;
        }

        _blocks += more;
        _budget.Restore(more);
        _idleWatch ??= _time.CreateTimer(static growth => ((CacheGrowth)growth!).Look(), this, IdleTime, IdleTime);
        return true;
    }

    private bool IsRefused()
    {
        if (_refusedAt is { } then && _time.GetElapsedTime(then) >= RefusalTime)
        {
            _refusedAt = null;
        }

        return _refusedAt is not null;
    }
}
