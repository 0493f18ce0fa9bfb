namespace VdiFs.Disks.Cache;

/// <summary>One read of a disk, of one range or several: from <see cref="CachedDisk.BeginReadAsync"/> on it has all the
/// memory it can need, so it never waits for more while it holds some. To be used by one caller at a time, which
/// disposes it when everything was lent.</summary>
public sealed class DiskRead : IDisposable
{
    /// <summary>The most cache blocks one read may ask for: three times what a request of the kernel touches.</summary>
    public const int MaximumBlocks = 64;

    // A shared fetch, the cache block alone, and once more alone if somebody else's shared fetch was in the way.
    private const int MaximumAttempts = 3;

    private readonly CachedDisk _disk;
    private readonly long _startedAt;
    private readonly List<Flight> _boarded = [];

    // Guarded by _gate: blocks that are held for this read and not rented yet.
    private readonly Lock _gate = new();
    private int _held;
    private bool _isOver;

    internal DiskRead(CachedDisk disk, int held)
    {
        _disk = disk;
        _startedAt = disk.TimeProvider.GetTimestamp();
        _held = held;
    }

    /// <summary>How many cache blocks a range touches.</summary>
    public static int CountBlocks(long diskOffset, long length) =>
        (int)Math.Min(BlockSlice.BlocksIn(diskOffset, length), int.MaxValue);

    /// <summary>Begins to fetch what is missing of a range, so that all ranges are on their way before the first is
    /// waited for.</summary>
    public void Start(long diskOffset, long length) => _disk.FetchMissing(diskOffset, length, this);

    /// <summary>Lends bytes, waiting for what is on its way and fetching what is missing.</summary>
    /// <param name="diskOffset">Bytes from the start of the disk.</param>
    /// <param name="length">Bytes, inside the disk.</param>
    /// <param name="borrower">Receives the pieces in order.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DiskException">The disk below failed; the same read may be tried again.</exception>
    /// <exception cref="OperationCanceledException">The caller left; the fetch goes on into the cache.</exception>
    public async ValueTask LendAsync<TBorrower>(
        long diskOffset, int length, TBorrower borrower, CancellationToken cancellationToken)
        where TBorrower : IBlockBorrower
    {
        while (length > 0)
        {
            BlockSlice slice = BlockSlice.At(diskOffset, length);
            CacheBlock block = await AcquireAsync(slice, cancellationToken).ConfigureAwait(false);
            borrower.Borrow(block.Address + slice.Start, slice.Length, block);
            diskOffset += slice.Length;
            length -= slice.Length;
        }
    }

    /// <summary>Ends the read: what it has not lent it gives back.</summary>
    public void Dispose()
    {
        int held;
        lock (_gate)
        {
            _isOver = true;
            held = _held;
            _held = 0;
        }

        foreach (Flight flight in _boarded)
        {
            flight.Leave();
        }

        _boarded.Clear();
        _disk.End(held);
    }

    /// <summary>Boards a listed flight, under the disk's lock, unless this read is aboard.</summary>
    internal void Board(Flight flight)
    {
        if (!_boarded.Contains(flight))
        {
            flight.Board();
            _boarded.Add(flight);
        }
    }

    /// <summary>Takes blocks that are held for this read, to fill them.</summary>
    internal void Take(int count)
    {
        lock (_gate)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _held);
            _held -= count;
        }
    }

    /// <summary>Takes blocks back whose fetch failed, for the next attempt; false if the read is over.</summary>
    internal bool TryTakeBack(int count)
    {
        lock (_gate)
        {
            _held += _isOver ? 0 : count;
            return !_isOver;
        }
    }

    private async ValueTask<CacheBlock> AcquireAsync(BlockSlice slice, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            _disk.ThrowIfChanged();
            if (_disk.TryAcquire(slice.BlockNumber, out CacheBlock? cached))
            {
                return cached!;
            }

            Flight? flight = FindBoarded(slice.BlockNumber) ?? _disk.BoardOrFetch(slice.BlockNumber, this);
            if (flight is null)
            {
                break;
            }

            try
            {
                return await LandAsync(flight, slice.BlockNumber, cancellationToken).ConfigureAwait(false);
            }
            catch (DiskException exception) when (IsWorthLess(exception, flight, slice))
            {
                // The bad sector may be a neighbour's: asked for with less around it, the slice gets its own answer.
                Leave(flight);
            }
            catch (DiskException exception) when (IsPremature(exception, flight))
            {
                // It used up the time of whoever began it, and this read has just come.
                Leave(flight);
            }
        }

        Flight alone = _disk.FetchExactly(slice, this);
        return await LandAsync(alone, slice.BlockNumber, cancellationToken).ConfigureAwait(false);
    }

    // Whether a failed fetch brought more than the slice.
    private static bool IsWorthLess(DiskException exception, Flight flight, BlockSlice slice) =>
        exception.Kind == DiskErrorKind.ReadFailed && flight.Length > slice.Length;

    // Whether a fetch that waited for its server had done so long before this read came.
    private bool IsPremature(DiskException exception, Flight flight) =>
        exception.Kind == DiskErrorKind.Unreachable
        && _disk.TimeProvider.GetElapsedTime(_startedAt)
            < _disk.TimeProvider.GetElapsedTime(flight.StartedAt) / 2;

    private async ValueTask<CacheBlock> LandAsync(
        Flight flight, long blockNumber, CancellationToken cancellationToken)
    {
        await flight.Landed.WaitAsync(cancellationToken).ConfigureAwait(false);
        CacheBlock block = flight.Blocks[(int)(blockNumber - flight.FirstBlock)];
        block.Acquire();
        _disk.Use(block);
        return block;
    }

    private Flight? FindBoarded(long blockNumber)
    {
        foreach (Flight flight in _boarded)
        {
            if (flight.IsWhole && flight.Covers(blockNumber))
            {
                return flight;
            }
        }

        return null;
    }

    private void Leave(Flight flight)
    {
        _boarded.Remove(flight);
        flight.Leave();
    }
}
