namespace VdiFs.Disks.Cache;

/// <summary>How many blocks are kept: the least, and more as soon as readers ask for what has just gone. Thread-safe.
/// </summary>
/// <remarks>
/// A copy of a disk needs no more than what its reader is ahead of itself, and fresh memory costs more than to use the
/// same again. Readers that follow each other at a distance need the distance: how much that is shows only when one
/// asks for what was let go.
/// </remarks>
internal sealed class CacheGrowth : IDisposable
{
    /// <summary>How many more blocks are kept for each that has to be fetched again: who follows at a distance meets
    /// few such blocks before the cache spans it.</summary>
    public const int BlocksPerReturn = 4;

    /// <summary>What was added goes when nobody has read for so long.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(1);

    private readonly BlockBudget _budget;
    private readonly BlockPool _pool;
    private readonly KeptBlocks _kept;
    private readonly int _least;
    private readonly int _most;
    private readonly TimeProvider _time;

    // Guarded by _gate.
    private readonly Lock _gate = new();
    private int _blocks;
    private long _usesSeen;
    private ITimer? _idleWatch;

    /// <summary>Starts with the least.</summary>
    public CacheGrowth(BlockBudget budget, BlockPool pool, KeptBlocks kept, int least, int most, TimeProvider time)
    {
        _budget = budget;
        _pool = pool;
        _kept = kept;
        _least = least;
        _most = most;
        _time = time;
        _blocks = least;
    }

    /// <summary>How many blocks may be kept now.</summary>
    public int Blocks => Volatile.Read(ref _blocks);

    /// <summary>So many blocks were fetched that had been let go.</summary>
    public void Returned(int count)
    {
        lock (_gate)
        {
            int more = Math.Min(count * BlocksPerReturn, _most - _blocks);
            if (more <= 0 || !_pool.TryReserve(_blocks - _least + more))
            {
                return;
            }

            _blocks += more;
            _budget.Restore(more);
            _idleWatch ??= _time.CreateTimer(static growth => ((CacheGrowth)growth!).Look(), this, IdleTime, IdleTime);
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
}
