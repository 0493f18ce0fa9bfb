using System.Diagnostics;

namespace VdiFs.Disks.Cache;

/// <summary>The fetches of one disk that are under way, and what is to be fetched in pieces. Thread-safe.</summary>
internal sealed class FlightTable(BlockCache cache, int diskNumber, long length)
{
    // Guarded by _gate: the fetches under way, those of whole blocks also by each block they bring.
    private readonly Lock _gate = new();
    private readonly HashSet<Flight> _airborne = [];
    private readonly Dictionary<long, Flight> _byBlock = [];
    private readonly DamagedBlocks _damaged = new(cache.TimeProvider);

    /// <summary>A fetch that is under way, if there is one.</summary>
    public Flight? Any()
    {
        lock (_gate)
        {
            return _airborne.FirstOrDefault();
        }
    }

    /// <summary>Whether any of some blocks is neither there nor under way.</summary>
    public bool IsAnyMissing(long firstBlock, int count)
    {
        lock (_gate)
        {
            for (int i = 0; i < count; i++)
            {
                if (IsMissing(firstBlock + i))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Boards what is under way to the blocks before <paramref name="end"/>, until one is missing.</summary>
    /// <param name="next">The first block; behind it the first that was not looked at.</param>
    /// <param name="end">Behind the last block.</param>
    /// <param name="read">Who boards, and has the memory.</param>
    /// <returns>The fetch of what is missing, to be flown; null: nothing more is.</returns>
    public Flight? StartMissing(ref long next, long end, DiskRead read)
    {
        lock (_gate)
        {
            while (next < end && IsUnderWayOrPresent(next, read))
            {
                next++;
            }

            long first = next;
            while (next < end && next - first < CachedDisk.FetchBlocks && IsMissing(next))
            {
                next++;
            }

            return next == first ? null : List(first, (int)(next - first), read);
        }
    }

    /// <summary>Boards the flight that brings a block, or starts one of this block alone, to be flown; null if the
    /// block is known to be damaged.</summary>
    public Flight? BoardOrStart(long blockNumber, DiskRead read, out bool isNew)
    {
        lock (_gate)
        {
            isNew = false;
            if (_byBlock.TryGetValue(blockNumber, out Flight? listed))
            {
                read.Board(listed);
                return listed;
            }

            isNew = !_damaged.Contains(blockNumber);
            return isNew ? List(blockNumber, 1, read) : null;
        }
    }

    /// <summary>Starts a fetch of a part of a block for one read alone, to be flown.</summary>
    public Flight StartExactly(BlockSlice slice, DiskRead read)
    {
        lock (_gate)
        {
            long diskOffset = (slice.BlockNumber * CacheBlock.SizeBytes) + slice.Start;
            return Start(diskOffset, slice.Length, 1, isWhole: false, read);
        }
    }

    /// <summary>Takes a flight out that has ended.</summary>
    public void Remove(Flight flight, Exception? error)
    {
        lock (_gate)
        {
            Unlist(flight);
            if (flight is { IsWhole: true, Blocks.Length: 1 }
                && error is DiskException { Kind: DiskErrorKind.ReadFailed })
            {
                _damaged.Add(flight.FirstBlock);
            }
        }
    }

    /// <summary>Ends the fetches that nobody waits for.</summary>
    public void GiveUpIdle() => GiveUp(static flight => flight.IsIdle);

    /// <summary>Ends all fetches.</summary>
    public void GiveUpAll() => GiveUp(static _ => true);

    // Nobody can board what has left the table, so what is idle then stays it.
    private void GiveUp(Func<Flight, bool> isMeant)
    {
        List<Flight> leaving;
        lock (_gate)
        {
            leaving = [.. _airborne.Where(isMeant)];
            foreach (Flight flight in leaving)
            {
                RemoveBlocks(flight);
            }
        }

        foreach (Flight flight in leaving)
        {
            flight.GiveUp();
        }
    }

    // The members below are used with _gate held.

    private bool IsUnderWayOrPresent(long blockNumber, DiskRead read)
    {
        if (_byBlock.TryGetValue(blockNumber, out Flight? flight))
        {
            read.Board(flight);
            return true;
        }

        return !IsMissing(blockNumber);
    }

    // A damaged block is not fetched with others, which would fail for its sake.
    private bool IsMissing(long blockNumber)
    {
        if (_byBlock.ContainsKey(blockNumber) || _damaged.Contains(blockNumber))
        {
            return false;
        }

        return !cache.Contains(new BlockKey(diskNumber, blockNumber));
    }

    private Flight List(long firstBlock, int count, DiskRead read)
    {
        long diskOffset = firstBlock * CacheBlock.SizeBytes;
        Debug.Assert(diskOffset < length, "A fetch starts behind the end of the disk.");
        long bytes = Math.Min((long)count * CacheBlock.SizeBytes, length - diskOffset);
        Flight flight = Start(diskOffset, bytes, count, isWhole: true, read);
        for (int i = 0; i < count; i++)
        {
            _byBlock.Add(firstBlock + i, flight);
        }

        return flight;
    }

    private Flight Start(long diskOffset, long bytes, int count, bool isWhole, DiskRead read)
    {
        read.Take(count);
        var blocks = new CacheBlock[count];
        for (int i = 0; i < count; i++)
        {
            blocks[i] = cache.Pool.Rent();
        }

        var flight = new Flight(diskOffset, bytes, blocks, isWhole, read, cache.TimeProvider);
        read.Board(flight);
        _airborne.Add(flight);
        return flight;
    }

    private void Unlist(Flight flight)
    {
        _airborne.Remove(flight);
        RemoveBlocks(flight);
    }

    private void RemoveBlocks(Flight flight)
    {
        for (long i = 0; flight.IsWhole && i < flight.Blocks.Length; i++)
        {
            if (_byBlock.TryGetValue(flight.FirstBlock + i, out Flight? listed) && listed == flight)
            {
                _byBlock.Remove(flight.FirstBlock + i);
            }
        }
    }
}
