using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>Which blocks of one disk are kept, and where. Its memory is set aside in the mount's block cache. Knows
/// nothing of the files: what it says may have been deleted since. Thread-safe.</summary>
/// <param name="cache">Whose memory it uses.</param>
internal sealed class BlockIndex(BlockCache cache) : IDisposable
{
    /// <summary>What one block costs in the index: an entry of a dictionary that has just doubled.</summary>
    public const int BytesPerBlock = 64;

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<long, BlockPlace> _places = [];
    private readonly Dictionary<int, StoredSegment> _segments = [];
    private int _lastSegment;
    private bool _isClosed;

    /// <summary>Blocks that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _places.Count;
            }
        }
    }

    /// <summary>Whether its disk is closed: nobody looks here any more.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>Takes in a segment.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="header">Its head.</param>
    /// <param name="slots">How many blocks of it there will be at most.</param>
    /// <returns>Its number; null when there is no memory for so many blocks, or the disk is closed.</returns>
    public int? TryAdd(string path, SegmentHeader header, int slots)
    {
        long reserved = (long)slots * BytesPerBlock;
        if (!cache.TryAddMap(reserved))
        {
            return null;
        }

        lock (_gate)
        {
            if (!_isClosed)
            {
                _segments.Add(++_lastSegment, new StoredSegment(path, header, reserved));
                return _lastSegment;
            }
        }

        cache.RemoveMap(reserved);
        return null;
    }

    /// <summary>Takes in a block of a segment, in place of one that was known before; does nothing when the segment is
    /// gone.</summary>
    public void Add(long blockNumber, BlockPlace place)
    {
        lock (_gate)
        {
            if (_segments.ContainsKey(place.Segment))
            {
                _places[blockNumber] = place;
            }
        }
    }

    /// <summary>Whether a block is kept.</summary>
    public bool Contains(long blockNumber)
    {
        lock (_gate)
        {
            return _places.ContainsKey(blockNumber);
        }
    }

    /// <summary>Where neighbouring blocks are kept.</summary>
    /// <param name="firstBlock">The first.</param>
    /// <param name="places">Receives a place for each; null: it is not kept.</param>
    /// <returns>How many are kept.</returns>
    public int Find(long firstBlock, Span<BlockPlace?> places)
    {
        int found = 0;
        lock (_gate)
        {
            for (int i = 0; i < places.Length; i++)
            {
                bool isThere = _places.TryGetValue(firstBlock + i, out BlockPlace place);
                places[i] = isThere ? place : null;
                found += isThere ? 1 : 0;
            }
        }

        return found;
    }

    /// <summary>The segment of a place; null when it is gone.</summary>
    public StoredSegment? SegmentOf(BlockPlace place)
    {
        lock (_gate)
        {
            return _segments.GetValueOrDefault(place.Segment);
        }
    }

    /// <summary>A few of the blocks that are kept, evenly out of all.</summary>
    public IReadOnlyList<long> Sample(int count)
    {
        lock (_gate)
        {
            int step = Math.Max(1, _places.Count / count);
            return [.. _places.Keys.Where((_, i) => i % step == 0).Take(count)];
        }
    }

    /// <summary>A block is not there any more, or not what it was.</summary>
    public void Drop(long blockNumber, BlockPlace place)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(blockNumber, out BlockPlace known) && known == place)
            {
                _places.Remove(blockNumber);
            }
        }
    }

    /// <summary>A segment is not there any more, and so none of its blocks.</summary>
    public void DropSegment(int segment)
    {
        StoredSegment? dropped;
        lock (_gate)
        {
            if (_segments.Remove(segment, out dropped))
            {
                foreach (long blockNumber in _places.Where(entry => entry.Value.Segment == segment)
                    .Select(entry => entry.Key).ToArray())
                {
                    _places.Remove(blockNumber);
                }
            }
        }

        if (dropped is not null)
        {
            cache.RemoveMap(dropped.ReservedBytes);
        }
    }

    /// <summary>Forgets everything, for good.</summary>
    public void Dispose()
    {
        long reserved;
        lock (_gate)
        {
            _isClosed = true;
            reserved = _segments.Values.Sum(segment => segment.ReservedBytes);
            _segments.Clear();
            _places.Clear();
        }

        cache.RemoveMap(reserved);
    }
}
