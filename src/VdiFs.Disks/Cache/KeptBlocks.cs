using System.Collections.Concurrent;

namespace VdiFs.Disks.Cache;

/// <summary>The blocks that are kept, and which of them go first. Thread-safe; finding one takes no lock.</summary>
/// <remarks>
/// Blocks go in the order in which they came, but one that was asked for again goes into a second line, and to its end as
/// often as it was asked for since. So of readers that follow each other each finds what the first one fetched, and a
/// copy of a whole disk passes by what a file system's reader needs all the time. The second line has a quarter of what
/// is kept at most, so that readers far behind each other find theirs.
/// </remarks>
internal sealed class KeptBlocks
{
    // A reader of small pieces asks for the same block several times in a row: that is one use. What comes later than
    // this part of the cache is another.
    private const int NewUseDivisor = 16;

    // How many times as many are kept that were asked for once.
    private const int OncePerAgain = 3;

    private readonly ConcurrentDictionary<BlockKey, CacheBlock> _index = new();
    private readonly int _newUseAfter;

    // Counts what is found. Two threads may count the same number: it says roughly how long ago something was.
    private long _uses;

    // Guarded by _gate: the kept blocks in the order in which they go.
    private readonly Lock _gate = new();
    private readonly Queue<CacheBlock> _once = new();
    private readonly Queue<CacheBlock> _again = new();
    private readonly RecentlyGone _gone;

    /// <summary>Keeps nothing yet.</summary>
    /// <param name="capacityBlocks">How many blocks are going to be kept.</param>
    /// <param name="goneBlocks">How many are remembered that went.</param>
    public KeptBlocks(int capacityBlocks, int goneBlocks = 0)
    {
        _newUseAfter = Math.Max(capacityBlocks / NewUseDivisor, 1);
        _gone = new RecentlyGone(goneBlocks);
    }

    /// <summary>How often blocks were asked for, roughly.</summary>
    public long Uses => Volatile.Read(ref _uses);

    /// <summary>How many blocks are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _once.Count + _again.Count;
            }
        }
    }

    /// <summary>Whether a block is kept. Does not count as a use.</summary>
    public bool Contains(BlockKey key) => _index.ContainsKey(key);

    /// <summary>Finds a block for who asks for it and takes a reference to it, which the caller releases.</summary>
    public bool TryAcquire(BlockKey key, out CacheBlock? block)
    {
        if (!_index.TryGetValue(key, out block) || !block.TryAcquire(key))
        {
            return false;
        }

        Use(block);
        return true;
    }

    /// <summary>Notes that somebody asked for a block.</summary>
    public void Use(CacheBlock block) => block.Use(++_uses, _newUseAfter);

    /// <summary>Keeps filled and labelled blocks that follow each other, with references of its own; one that is kept
    /// already stays the one that it is.</summary>
    /// <param name="first">The first one's key.</param>
    /// <param name="blocks">The blocks.</param>
    /// <param name="maximumCount">How many blocks may be kept then: others go for these.</param>
    /// <returns>How many of them are remembered to have gone.</returns>
    public int Add(BlockKey first, ReadOnlySpan<CacheBlock> blocks, int maximumCount)
    {
        int returned = 0;
        lock (_gate)
        {
            LetGo(_once.Count + _again.Count + blocks.Length - maximumCount);
            for (int i = 0; i < blocks.Length; i++)
            {
                BlockKey key = first with { BlockNumber = first.BlockNumber + i };
                returned += _gone.Remove(key) ? 1 : 0;
                if (_index.TryAdd(key, blocks[i]))
                {
                    blocks[i].Acquire();
                    _once.Enqueue(blocks[i]);
                }
            }
        }

        return returned;
    }

    /// <summary>Lets blocks go; their memory is free when nobody reads them any more.</summary>
    /// <param name="count">How many; none if it is negative.</param>
    /// <returns>How many there were to let go.</returns>
    public int Evict(int count)
    {
        lock (_gate)
        {
            return LetGo(count);
        }
    }

    // The members below are used with _gate held.

    private int LetGo(int count)
    {
        int gone = 0;
        for (; gone < count && _once.Count + _again.Count > 0; gone++)
        {
            CacheBlock block = NextToGo();
            _index.TryRemove(block.Key, out _);
            _gone.Add(block.Key);
            block.Dispose();
        }

        return gone;
    }

    // Ends: each block that gets another chance has used it up by that.
    private CacheBlock NextToGo()
    {
        while (true)
        {
            CacheBlock block = (_once.Count < OncePerAgain * _again.Count ? _again : _once).Dequeue();
            if (!block.TakeChance())
            {
                return block;
            }

            _again.Enqueue(block);
        }
    }
}
