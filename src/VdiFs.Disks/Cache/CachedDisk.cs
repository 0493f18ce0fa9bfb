using VdiFs.Disks.Store;

namespace VdiFs.Disks.Cache;

/// <summary>A disk in front of a disk: keeps blocks in the mount's cache, fetches each missing one once however many
/// ask for it, and lends cached bytes without copying them. Thread-safe.</summary>
/// <remarks>Does not own the disk below; whoever opened that closes it after <see cref="DrainAsync"/>.</remarks>
public sealed class CachedDisk
{
    /// <summary>The largest single fetch from the disk below, in cache blocks: 1 MiB.</summary>
    internal const int FetchBlocks = 16;

    private readonly IDisk _source;
    private readonly StoredDisk? _stored;
    private readonly BlockCache _cache;
    private readonly DiskShare _share;
    private readonly FlightTable _flights;
    private readonly int _diskNumber;
    private readonly CancellationToken _stopping;
    private volatile DiskException? _fault;

    /// <summary>Puts <paramref name="cache"/> in front of <paramref name="source"/>.</summary>
    /// <param name="source">The disk below; its bytes must not change while this object lives. One that is kept in
    /// files is offered what it has not got yet.</param>
    /// <param name="cache">Shared by all disks of a mount; not owned.</param>
    /// <param name="stopping">Ends fetches under way when the disk is given up.</param>
    public CachedDisk(IDisk source, BlockCache cache, CancellationToken stopping)
    {
        _source = source;
        _stored = source as StoredDisk;
        _cache = cache;
        _stopping = stopping;
        _diskNumber = cache.NextDiskNumber();
        _flights = new FlightTable(cache, _diskNumber, source.Length);
        _share = new DiskShare(_flights.GiveUpIdle);
        cache.Add(_share);
        stopping.UnsafeRegister(static disk => ((CachedDisk)disk!).Stop(), this);
    }

    /// <summary>The disk's length in bytes.</summary>
    public long Length => _source.Length;

    /// <summary>Lends cached bytes at once, or returns false if any is missing; pieces lent before stay lent.</summary>
    /// <param name="diskOffset">Bytes from the start of the disk.</param>
    /// <param name="length">Bytes wanted, all inside the disk.</param>
    /// <param name="borrower">Receives the pieces in order.</param>
    public bool TryLend<TBorrower>(long diskOffset, int length, TBorrower borrower)
        where TBorrower : IBlockBorrower
    {
        while (length > 0)
        {
            BlockSlice slice = BlockSlice.At(diskOffset, length);
            if (!TryAcquire(slice.BlockNumber, out CacheBlock? block))
            {
                return false;
            }

            borrower.Borrow(block!.Address + slice.Start, slice.Length, block);
            diskOffset += slice.Length;
            length -= slice.Length;
        }

        return true;
    }

    /// <summary>Begins a read: waits until all memory is there that it can need.</summary>
    /// <param name="blocks">Cache blocks that its ranges touch (<see cref="DiskRead.CountBlocks"/>), 0 to
    /// <see cref="DiskRead.MaximumBlocks"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<DiskRead> BeginReadAsync(int blocks, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(blocks);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blocks, DiskRead.MaximumBlocks);
        await _cache.HoldAsync(_share, blocks, cancellationToken).ConfigureAwait(false);
        return new DiskRead(this, blocks);
    }

    /// <summary>Begins to fetch what is missing of a range, for a reader that will come.</summary>
    /// <returns>False if memory is short and nothing was begun.</returns>
    public bool Prefetch(long diskOffset, long length)
    {
        int blocks = DiskRead.CountBlocks(diskOffset, length);
        if (!_flights.IsAnyMissing(diskOffset / CacheBlock.SizeBytes, blocks))
        {
            return true;
        }

        if (!_cache.TryHoldAhead(_share, blocks))
        {
            return false;
        }

        using var read = new DiskRead(this, blocks);
        FetchMissing(diskOffset, length, read);
        return true;
    }

    /// <summary>Waits until no fetch is under way, whatever its outcome.</summary>
    public async Task DrainAsync()
    {
        while (_flights.Any() is { } flight)
        {
            await flight.Landed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Landed is announced after the flight has left the table, so this loop ends.
        }
    }

    /// <summary>The clock of fetches and of the reads that wait for them.</summary>
    internal TimeProvider TimeProvider => _cache.TimeProvider;

    /// <summary>
    /// Finds a cached block and takes a reference to it; there is none any more when the disk is another.
    /// </summary>
    internal bool TryAcquire(long blockNumber, out CacheBlock? block)
    {
        block = null;
        return _fault is null && _cache.TryAcquire(new BlockKey(_diskNumber, blockNumber), out block);
    }

    /// <summary>Notes that a reader got a block that it waited for.</summary>
    internal void Use(CacheBlock block) => _cache.Use(block);

    /// <summary>Throws when another disk answers in this one's place: from then on nothing of it is lent.</summary>
    internal void ThrowIfChanged()
    {
        if (_fault is { } changed)
        {
            throw new DiskException(changed.Kind, changed.Message, changed);
        }
    }

    /// <summary>Boards what is under way to a range, and fetches what is missing of it.</summary>
    internal void FetchMissing(long diskOffset, long length, DiskRead read)
    {
        long next = diskOffset / CacheBlock.SizeBytes;
        long end = next + BlockSlice.BlocksIn(diskOffset, length);
        while (_flights.StartMissing(ref next, end, read) is { } flight)
        {
            _ = FlyAsync(flight);
        }
    }

    /// <summary>Boards the flight that brings a block, or fetches the block alone; null if it is known to be
    /// damaged.</summary>
    internal Flight? BoardOrFetch(long blockNumber, DiskRead read)
    {
        Flight? flight = _flights.BoardOrStart(blockNumber, read, out bool isNew);
        if (isNew)
        {
            _ = FlyAsync(flight!);
        }

        return flight;
    }

    /// <summary>Fetches a part of a block for one read alone, past the cache.</summary>
    internal Flight FetchExactly(BlockSlice slice, DiskRead read)
    {
        Flight flight = _flights.StartExactly(slice, read);
        _ = FlyAsync(flight);
        return flight;
    }

    /// <summary>A read has ended.</summary>
    internal void End(int held)
    {
        if (held > 0)
        {
            _cache.Budget.Release(_share, held);
        }

        _cache.Relieve();
    }

    private void Stop()
    {
        _cache.Remove(_share);
        _flights.GiveUpAll();
    }

    /// <summary>Carries a flight from take-off to landing. Never throws: its outcome is the flight's.</summary>
    private async Task FlyAsync(Flight flight)
    {
        Exception? error = null;
        try
        {
            _stopping.ThrowIfCancellationRequested();
            ValueTask reading = _source.ReadAsync(flight.DiskOffset, flight.Buffers(), flight.GivenUp);
            flight.PopulateBlocks();
            await reading.ConfigureAwait(false);
            if (flight.IsWhole)
            {
                Publish(flight);
                _stored?.Offer(flight.FirstBlock, flight.Blocks);
            }
        }
#pragma warning disable CA1031 // The top of the fetch loop: every error is handed to those who wait.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            error = exception;
        }

        if (error is DiskException { Kind: DiskErrorKind.Changed } changed)
        {
            _fault = changed;
        }

        int count = flight.Blocks.Length;
        _cache.Budget.Settle(_share, count, keeps: error is not null);
        // Not before, or a read that ends now would give back blocks that nothing counts as used yet.
        if (error is not null && !flight.Owner.TryTakeBack(count))
        {
            _cache.Budget.Release(_share, count);
        }

        _flights.Remove(flight, error);
        flight.Land(error);
        flight.Leave();
        _cache.Relieve();
    }

    private void Publish(Flight flight)
    {
        for (int i = 0; i < flight.Blocks.Length; i++)
        {
            flight.Blocks[i].Label(new BlockKey(_diskNumber, flight.FirstBlock + i));
        }

        _cache.Add(new BlockKey(_diskNumber, flight.FirstBlock), flight.Blocks);
    }
}
