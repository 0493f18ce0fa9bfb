using System.Diagnostics;

namespace VdiFs.Disks.Cache;

/// <summary>A disk in front of a disk: keeps blocks in the mount's cache, fetches each missing one once however many
/// ask for it, and lends cached bytes without copying them. Thread-safe.</summary>
/// <remarks>Does not own the disk below; whoever opened that closes it after <see cref="DrainAsync"/>.</remarks>
public sealed class CachedDisk
{
    /// <summary>The largest single fetch from the disk below, in cache blocks: 1 MiB.</summary>
    internal const int FetchBlocks = 16;

    private readonly IDisk _source;
    private readonly BlockCache _cache;
    private readonly int _diskNumber;
    private readonly CancellationToken _stopping;

    // Guarded by _gate: the fetches under way, by each block they bring.
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Flight> _flights = [];

    /// <summary>Puts <paramref name="cache"/> in front of <paramref name="source"/>.</summary>
    /// <param name="source">The disk below; its bytes must not change while this object lives.</param>
    /// <param name="cache">Shared by all disks of a mount; not owned.</param>
    /// <param name="stopping">Ends fetches under way when the disk is given up.</param>
    public CachedDisk(IDisk source, BlockCache cache, CancellationToken stopping)
    {
        _source = source;
        _cache = cache;
        _stopping = stopping;
        _diskNumber = cache.NextDiskNumber();
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
            if (!_cache.TryAcquire(Key(slice.BlockNumber), out CacheBlock? block))
            {
                return false;
            }

            borrower.Borrow(block!.Address + slice.Start, slice.Length, block);
            diskOffset += slice.Length;
            length -= slice.Length;
        }

        return true;
    }

    /// <summary>Lends bytes, fetching what is missing.</summary>
    /// <exception cref="DiskException">The disk below failed; the same read may be tried again.</exception>
    /// <exception cref="OperationCanceledException">The caller left; the fetch goes on into the cache.</exception>
    public async ValueTask LendAsync<TBorrower>(
        long diskOffset, int length, TBorrower borrower, CancellationToken cancellationToken)
        where TBorrower : IBlockBorrower
    {
        FetchMissing(diskOffset, length);
        while (length > 0)
        {
            BlockSlice slice = BlockSlice.At(diskOffset, length);
            CacheBlock block = await AcquireAsync(slice.BlockNumber, cancellationToken).ConfigureAwait(false);
            borrower.Borrow(block.Address + slice.Start, slice.Length, block);
            diskOffset += slice.Length;
            length -= slice.Length;
        }
    }

    /// <summary>Begins to fetch what is missing of a range, for a reader that will come.</summary>
    /// <returns>False if memory is short and nothing was begun.</returns>
    public bool Prefetch(long diskOffset, long length)
    {
        long blocks = BlockSlice.BlocksIn(diskOffset, length);
        if (!_cache.Pool.HasRoomFor((int)Math.Min(blocks, int.MaxValue)))
        {
            return false;
        }

        FetchMissing(diskOffset, length);
        return true;
    }

    /// <summary>Waits until no fetch is under way, whatever its outcome.</summary>
    public async Task DrainAsync()
    {
        while (AnyFlight() is { } flight)
        {
            await flight.Landed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Landed is announced after the flight has left the list, so this loop ends.
        }
    }

    private BlockKey Key(long blockNumber) => new(_diskNumber, blockNumber);

    private Flight? AnyFlight()
    {
        lock (_gate)
        {
            return _flights.Values.FirstOrDefault();
        }
    }

    private async ValueTask<CacheBlock> AcquireAsync(long blockNumber, CancellationToken cancellationToken)
    {
        if (_cache.TryAcquire(Key(blockNumber), out CacheBlock? cached))
        {
            return cached!;
        }

        Flight flight = Board(blockNumber);
        try
        {
            return await LandAsync(flight, blockNumber, cancellationToken).ConfigureAwait(false);
        }
        catch (DiskException exception) when (exception.Kind == DiskErrorKind.ReadFailed && flight.Blocks.Length > 1)
        {
            // The bad sector may be a neighbour's: asked for alone, the block gets an answer of its own.
            return await LandAsync(Board(blockNumber), blockNumber, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<CacheBlock> LandAsync(
        Flight flight, long blockNumber, CancellationToken cancellationToken)
    {
        try
        {
            await flight.Landed.WaitAsync(cancellationToken).ConfigureAwait(false);
            CacheBlock block = flight.Blocks[(int)(blockNumber - flight.FirstBlock)];
            block.Acquire();
            return block;
        }
        finally
        {
            flight.Leave();
        }
    }

    /// <summary>Boards the flight that brings a block; starts one if there is none.</summary>
    private Flight Board(long blockNumber)
    {
        Flight flight;
        lock (_gate)
        {
            if (_flights.TryGetValue(blockNumber, out Flight? listed))
            {
                listed.Board();
                return listed;
            }

            flight = List(blockNumber, 1);
            flight.Board();
        }

        _ = FlyAsync(flight);
        return flight;
    }

    private void FetchMissing(long diskOffset, long length)
    {
        long next = diskOffset / CacheBlock.SizeBytes;
        long end = next + BlockSlice.BlocksIn(diskOffset, length);
        while (next < end)
        {
            Flight? flight = null;
            lock (_gate)
            {
                next = SkipPresent(next, end);
                int run = CountMissing(next, end);
                if (run > 0)
                {
                    flight = List(next, run);
                    next += run;
                }
            }

            if (flight is not null)
            {
                _ = FlyAsync(flight);
            }
        }
    }

    private long SkipPresent(long blockNumber, long end)
    {
        while (blockNumber < end && IsPresent(blockNumber))
        {
            blockNumber++;
        }

        return blockNumber;
    }

    private int CountMissing(long blockNumber, long end)
    {
        int run = 0;
        while (run < FetchBlocks && blockNumber + run < end && !IsPresent(blockNumber + run))
        {
            run++;
        }

        return run;
    }

    private bool IsPresent(long blockNumber)
    {
        if (_flights.ContainsKey(blockNumber))
        {
            return true;
        }

        if (!_cache.TryAcquire(Key(blockNumber), out CacheBlock? block))
        {
            return false;
        }

        block!.Dispose();
        return true;
    }

    private Flight List(long firstBlock, int count)
    {
        var blocks = new CacheBlock[count];
        for (int i = 0; i < count; i++)
        {
            blocks[i] = _cache.Pool.Rent();
        }

        var flight = new Flight(firstBlock, blocks);
        for (int i = 0; i < count; i++)
        {
            _flights.Add(firstBlock + i, flight);
        }

        return flight;
    }

    /// <summary>Carries a flight from take-off to landing. Never throws: its outcome is the flight's.</summary>
    private async Task FlyAsync(Flight flight)
    {
        Exception? error = null;
        try
        {
            long diskOffset = flight.FirstBlock * CacheBlock.SizeBytes;
            await _source.ReadAsync(diskOffset, Buffers(flight), _stopping).ConfigureAwait(false);
            Publish(flight);
        }
#pragma warning disable CA1031 // The top of the fetch loop: every error is handed to those who wait.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            error = exception;
        }

        lock (_gate)
        {
            for (int i = 0; i < flight.Blocks.Length; i++)
            {
                _flights.Remove(flight.FirstBlock + i);
            }
        }

        flight.Land(error);
        flight.Leave();
    }

    private void Publish(Flight flight)
    {
        for (int i = 0; i < flight.Blocks.Length; i++)
        {
            flight.Blocks[i].Label(Key(flight.FirstBlock + i));
        }

        _cache.Add(_diskNumber, flight.FirstBlock, flight.Blocks);
    }

    private Memory<byte>[] Buffers(Flight flight)
    {
        var buffers = new Memory<byte>[flight.Blocks.Length];
        for (int i = 0; i < buffers.Length; i++)
        {
            long blockOffset = (flight.FirstBlock + i) * CacheBlock.SizeBytes;
            Debug.Assert(blockOffset < Length, "A fetch starts behind the end of the disk.");
            buffers[i] = flight.Blocks[i].Memory[..(int)Math.Min(CacheBlock.SizeBytes, Length - blockOffset)];
        }

        return buffers;
    }
}
