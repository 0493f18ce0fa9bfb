namespace VdiFs.Disks.Cache;

/// <summary>Counts the blocks of a mount's memory and says who may have the next ones. Thread-safe.</summary>
/// <remarks>
/// A block of memory is free, held by a disk (promised to a read, or being filled), or used (it has its bytes: cached,
/// lent, or both). A read asks for all it can need before it holds anything, and waits its turn in one line: so nobody
/// ever waits while holding what another waits for. A disk may hold no more than is left for all others, so that one
/// whose server is silent leaves memory to those whose server answers; its reads are passed over in the line.
/// </remarks>
internal sealed class BlockBudget(int capacityBlocks)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly LinkedList<BlockWaiter> _line = [];
    private int _capacity = capacityBlocks;
    private int _held;
    private int _used;
    private long _round;

    /// <summary>Blocks there may be.</summary>
    public int Capacity => Volatile.Read(ref _capacity);

    /// <summary>Blocks that are held or used.</summary>
    public int Taken
    {
        get
        {
            lock (_gate)
            {
                return _held + _used;
            }
        }
    }

    /// <summary>Reads that wait for memory.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _line.Count;
            }
        }
    }

    /// <summary>Takes memory away for something else, for good; false if fewer than <paramref name="least"/> blocks
    /// would stay.</summary>
    public bool TryWithdraw(int count, int least)
    {
        lock (_gate)
        {
            if (_capacity - count < least)
            {
                return false;
            }

            _capacity -= count;
            return true;
        }
    }

    /// <summary>Gives withdrawn memory back.</summary>
    public void Restore(int count)
    {
        lock (_gate)
        {
            _capacity += count;
            ServeLine();
        }
    }

    /// <summary>Takes blocks for read-ahead if they are free and half as much again is left for others.</summary>
    /// <param name="share">Whose.</param>
    /// <param name="count">How many.</param>
    /// <param name="missing">How many free ones were lacking, and nothing else.</param>
    public bool TryHold(DiskShare share, int count, out int missing)
    {
        lock (_gate)
        {
            missing = 0;
            if (_line.Count > 0 || 2 * (share.Held + count) > _capacity - _held)
            {
                return false;
            }

            missing = Math.Max(count - Free, 0);
            if (missing > 0)
            {
                return false;
            }

            Hold(share, count);
            return true;
        }
    }

    /// <summary>Takes blocks for a read, or puts it in line.</summary>
    /// <returns>Null when they were taken; else who waits, and has to be cancelled or awaited.</returns>
    public BlockWaiter? HoldOrWait(DiskShare share, int count)
    {
        lock (_gate)
        {
            if (_line.Count == 0 && count <= Free && IsFair(share, count))
            {
                Hold(share, count);
                return null;
            }

            var waiter = new BlockWaiter(share, count);
            _line.AddLast(waiter);
            ServeLine();
            return waiter;
        }
    }

    /// <summary>Takes a waiter out of the line.</summary>
    /// <returns>False if it has got its blocks meanwhile.</returns>
    public bool TryLeave(BlockWaiter waiter)
    {
        lock (_gate)
        {
            if (!_line.Remove(waiter))
            {
                return false;
            }

            ServeLine();
            return true;
        }
    }

    /// <summary>Held blocks are not needed after all.</summary>
    public void Release(DiskShare share, int count)
    {
        lock (_gate)
        {
            share.Held -= count;
            _held -= count;
            ServeLine();
        }
    }

    /// <summary>Held blocks have ended being filled: from now on each is used, until it is returned.</summary>
    /// <param name="share">Whose.</param>
    /// <param name="count">How many.</param>
    /// <param name="keeps">Whether the disk goes on holding as many: a read tries again.</param>
    public void Settle(DiskShare share, int count, bool keeps)
    {
        lock (_gate)
        {
            _used += count;
            if (!keeps)
            {
                share.Held -= count;
                _held -= count;
                ServeLine();
            }
        }
    }

    /// <summary>A used block is free again.</summary>
    public void Return()
    {
        lock (_gate)
        {
            _used--;
            ServeLine();
        }
    }

    /// <summary>What the line waits for, to be made free by whoever can.</summary>
    public Shortage FindShortage()
    {
        lock (_gate)
        {
            HashSet<DiskShare>? overdrawn = null;
            _round++;
            foreach (BlockWaiter waiter in _line)
            {
                if (IsTurnOf(waiter))
                {
                    return new Shortage(Math.Max(waiter.Count - Free, 0), overdrawn);
                }

                (overdrawn ??= []).Add(waiter.Share);
            }

            return new Shortage(0, overdrawn);
        }
    }

    // The members below are used with _gate held.

    private int Free => _capacity - _held - _used;

    // Cached blocks count as left for others: they are evicted for a read that waits.
    private bool IsFair(DiskShare share, int count) => share.Held == 0 || share.Held + count <= _capacity - _held;

    // Who waits for the disk's own blocks keeps all behind it of the same disk waiting.
    private bool IsTurnOf(BlockWaiter waiter)
    {
        if (waiter.Share.PassedOverIn != _round && IsFair(waiter.Share, waiter.Count))
        {
            return true;
        }

        waiter.Share.PassedOverIn = _round;
        return false;
    }

    private void Hold(DiskShare share, int count)
    {
        share.Held += count;
        _held += count;
    }

    // The first who may have blocks is served or keeps everybody behind it waiting, or small reads would starve it.
    private void ServeLine()
    {
        _round++;
        LinkedListNode<BlockWaiter>? node = _line.First;
        while (node is not null)
        {
            LinkedListNode<BlockWaiter>? next = node.Next;
            BlockWaiter waiter = node.Value;
            if (IsTurnOf(waiter))
            {
                if (waiter.Count > Free)
                {
                    return;
                }

                Hold(waiter.Share, waiter.Count);
                _line.Remove(node);
                waiter.Serve();
            }

            node = next;
        }
    }
}
