using VdiFs.Disks.Cache;
using VdiFs.Formats.Allocation;

namespace VdiFs.Disks.ReadAhead;

/// <summary>Sees readers walk through a disk and fetches what they will ask for next into the cache below.</summary>
/// <remarks>The kernel's own read-ahead is two requests of 128 KiB for a plain user: worth 40 MiB/s on a link of
/// 5 ms. A reader is recognised by where it reads, not by a handle: several readers, and readers of several formats,
/// each get a stream, and two at the same place share one. Holes are skipped. Thread-safe.</remarks>
public sealed class ReadAheadDisk
{
    private const int StreamCount = 16;
    private const long InitialWindowBytes = 1L << 20;
    private const long MaximumWindowBytes = 32L << 20;

    // A window grows with each read that goes on. A reader who waits has caught up with it, and on a slow link every
    // step would cost him a round trip.
    private const int Growth = 2;
    private const int WaitersGrowth = 4;

    // The kernel sends a walker's requests from several threads: they arrive a little out of order.
    private const long SlackBytes = 2L << 20;

    // The kernel asks for no less when a program reads on and on from the start, and for less when one looks at the
    // first sector.
    private const int WalkersFirstRead = 128 << 10;

    private const long FetchBytes = (long)CachedDisk.FetchBlocks * CacheBlock.SizeBytes;

    private readonly CachedDisk _disk;
    private readonly AllocationMap _map;
    private readonly long _windowLimitBytes;

    // Guarded by _gate.
    private readonly Lock _gate = new();
    private readonly ReadAheadStream[] _streams = new ReadAheadStream[StreamCount];
    private long _reads;

    /// <summary>Reads ahead of the readers of <paramref name="disk"/>.</summary>
    /// <param name="disk">The cached disk below.</param>
    /// <param name="map">Its allocation; holes are not fetched.</param>
    /// <param name="cacheCapacityBytes">The cache's limit: a window never takes more than an eighth of it.</param>
    public ReadAheadDisk(CachedDisk disk, AllocationMap map, long cacheCapacityBytes)
    {
        _disk = disk;
        _map = map;
        _windowLimitBytes = Math.Clamp(cacheCapacityBytes / 8, CacheBlock.SizeBytes, MaximumWindowBytes);
        Array.Fill(_streams, new ReadAheadStream { Position = -1, Ahead = -1 });
    }

    /// <summary>The disk's length in bytes.</summary>
    public long Length => _disk.Length;

    /// <inheritdoc cref="CachedDisk.TryLend"/>
    public bool TryLend<TBorrower>(long diskOffset, int length, TBorrower borrower)
        where TBorrower : IBlockBorrower
    {
        bool lent = _disk.TryLend(diskOffset, length, borrower);
        if (lent)
        {
            Observe(diskOffset, length, isWaiting: false);
        }

        return lent;
    }

    /// <inheritdoc cref="CachedDisk.BeginReadAsync"/>
    public ValueTask<DiskRead> BeginReadAsync(int blocks, CancellationToken cancellationToken) =>
        _disk.BeginReadAsync(blocks, cancellationToken);

    /// <summary>Begins to fetch what is missing of a range for a read of this disk, and what will be asked for
    /// next.</summary>
    public void Start(DiskRead read, long diskOffset, int length)
    {
        read.Start(diskOffset, length);
        Observe(diskOffset, length, isWaiting: true);
    }

    private void Observe(long diskOffset, int length, bool isWaiting)
    {
        lock (_gate)
        {
            _reads++;
            ref ReadAheadStream stream = ref Find(diskOffset, diskOffset + length, isWaiting ? WaitersGrowth : Growth);
            stream.LastUse = _reads;
            if (stream.WindowBytes > 0)
            {
                Extend(ref stream);
            }
        }
    }

    /// <summary>The stream that the read belongs to, moved on; a new one if it belongs to none.</summary>
    private ref ReadAheadStream Find(long diskOffset, long end, int growth)
    {
        int oldest = 0;
        for (int i = 0; i < _streams.Length; i++)
        {
            ref ReadAheadStream stream = ref _streams[i];
            if (Continues(in stream, diskOffset))
            {
                Advance(ref stream, end, growth);
                return ref stream;
            }

            if (stream.LastUse < _streams[oldest].LastUse)
            {
                oldest = i;
            }
        }

        _streams[oldest] = new ReadAheadStream
        {
            Position = end,
            Ahead = end,
            WindowBytes = IsBeginOfWalk(diskOffset, end) ? InitialWindowBytes : 0,
        };
        return ref _streams[oldest];
    }

    /// <summary>Whether somebody begins to read the disk from its first byte, or the first that is no hole.</summary>
    private bool IsBeginOfWalk(long diskOffset, long end) =>
        end - diskOffset >= WalkersFirstRead && NothingBetween(0, diskOffset);

    private bool Continues(in ReadAheadStream stream, long diskOffset)
    {
        if (stream.Position < 0)
        {
            return false;
        }

        if (stream.WindowBytes > 0 && Math.Abs(diskOffset - stream.Position) <= SlackBytes)
        {
            return true;
        }

        return diskOffset >= stream.Position && NothingBetween(stream.Position, diskOffset);
    }

    /// <summary>Whether a walker that skips holes gets from one offset to the other.</summary>
    private bool NothingBetween(long diskOffset, long end)
    {
        if (diskOffset == end)
        {
            return true;
        }

        long granule = _map.GranuleBytes;
        long first = (diskOffset + granule - 1) / granule;
        return end / granule >= first && _map.NextAllocated(first) >= end / granule;
    }

    private void Advance(ref ReadAheadStream stream, long end, int growth)
    {
        if (end <= stream.Position)
        {
            return;
        }

        stream.Position = end;
        stream.Ahead = Math.Max(stream.Ahead, end);
        stream.WindowBytes = Math.Min(Math.Max(stream.WindowBytes * growth, InitialWindowBytes), _windowLimitBytes);
    }

    /// <summary>Asks for whole fetches until the window is full or memory is short.</summary>
    private void Extend(ref ReadAheadStream stream)
    {
        long room = stream.WindowBytes - AllocatedBetween(stream.Position, stream.Ahead);
        while (room > 0)
        {
            long start = NextAllocated(stream.Ahead);
            if (start >= Length)
            {
                stream.Ahead = Length;
                return;
            }

            long fetchEnd = Math.Min(((start / FetchBytes) + 1) * FetchBytes, Length);
            long end = Math.Min(NextHole(start), fetchEnd);
            if (end - start > room && room < FetchBytes && stream.Ahead > stream.Position)
            {
                // A fetch of full size soon is worth more than a small one now.
                return;
            }

            if (!_disk.Prefetch(start, end - start))
            {
                return;
            }

            room -= end - start;
            stream.Ahead = end;
        }
    }

    private long AllocatedBetween(long diskOffset, long end)
    {
        long granule = _map.GranuleBytes;
        return (_map.Rank(end / granule) - _map.Rank(diskOffset / granule)) * granule;
    }

    private long NextAllocated(long diskOffset)
    {
        long granule = diskOffset / _map.GranuleBytes;
        if (granule >= _map.GranuleCount)
        {
            return Length;
        }

        return _map.IsAllocated(granule)
            ? diskOffset
            : Math.Min(_map.NextAllocated(granule) * _map.GranuleBytes, Length);
    }

    private long NextHole(long diskOffset) =>
        Math.Min(_map.NextUnallocated(diskOffset / _map.GranuleBytes) * _map.GranuleBytes, Length);
}
