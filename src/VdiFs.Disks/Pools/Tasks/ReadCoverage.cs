using VdiFs.Formats.Allocation;

namespace VdiFs.Disks.Pools.Tasks;

/// <summary>
/// Which parts of a file have been asked for, in chunks of at least 64 KiB and of so many bytes that a file of any size
/// has at most 2^23 of them (1 MiB of bits). Thread-safe, without locks.
/// </summary>
internal sealed class ReadCoverage
{
    private const int SmallestShift = 16;
    private const long MaximumChunks = 1L << 23;
    private const int WordBits = 64;

    private readonly ulong[] _words;
    private readonly long _chunks;
    private readonly int _shift;
    private long _covered;

    /// <param name="length">The file's length in bytes, more than 0.</param>
    public ReadCoverage(long length)
    {
        _shift = SmallestShift;
        while ((length - 1) >> _shift >= MaximumChunks)
        {
            _shift++;
        }

        _chunks = ((length - 1) >> _shift) + 1;
        _words = new ulong[(_chunks + WordBits - 1) / WordBits];
    }

    /// <summary>Bytes in chunks that were asked for; the last chunk counts in full.</summary>
    public long CoveredBytes => Interlocked.Read(ref _covered) << _shift;

    /// <summary>A part was asked for.</summary>
    public void Mark(long offset, int length)
    {
        if (length <= 0)
        {
            return;
        }

        long last = Math.Min((offset + length - 1) >> _shift, _chunks - 1);
        for (long chunk = offset >> _shift; chunk <= last; chunk++)
        {
            ulong bit = 1UL << (int)(chunk % WordBits);
            if ((Interlocked.Or(ref _words[chunk / WordBits], bit) & bit) == 0)
            {
                Interlocked.Increment(ref _covered);
            }
        }
    }

    /// <summary>Whether everything was asked for.</summary>
    /// <param name="map">
    /// Where the file's data is, when its offsets are the disk's: a reader may leave holes out. Null: everywhere.
    /// </param>
    public bool IsComplete(AllocationMap? map)
    {
        for (long chunk = 0; chunk < _chunks; chunk++)
        {
            ulong word = Volatile.Read(ref _words[chunk / WordBits]);
            if ((word & (1UL << (int)(chunk % WordBits))) == 0 && HasData(map, chunk))
            {
                return false;
            }
        }

        return true;
    }

    private bool HasData(AllocationMap? map, long chunk)
    {
        if (map is null)
        {
            return true;
        }

        long first = (chunk << _shift) / map.GranuleBytes;
        long end = Math.Min((((chunk + 1) << _shift) - 1) / map.GranuleBytes, map.GranuleCount - 1);
        return first < map.GranuleCount && map.NextAllocated(first) <= end;
    }
}
