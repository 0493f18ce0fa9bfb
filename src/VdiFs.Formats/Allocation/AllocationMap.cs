using System.Numerics;

namespace VdiFs.Formats.Allocation;

/// <summary>
/// Which parts of a disk hold data: one bit per granule, with rank (how many allocated granules lie before) and
/// select (where the k-th one is), so that the place of anything in a packed image is arithmetic.
/// A granule that is not allocated reads as zeros; an allocated one may hold anything, zeros too.
/// Immutable and safe for any number of threads. Memory: one bit per granule plus 4 % (64 TiB in granules of 64 KiB:
/// 128 MiB + 5 MiB); a map in which every granule is allocated takes none. Rank is O(1), and so are select and the two
/// searches, but for a binary search where allocation is very uneven; they allocate nothing.
/// </summary>
public sealed class AllocationMap
{
    /// <summary>
    /// The usual granule: 64 KiB, which is also the grain of a VMDK and the unit of changed block tracking.
    /// </summary>
    public const int DefaultGranuleBytes = 64 * 1024;

    /// <summary>The smallest granule in bytes: one sector.</summary>
    public const int MinGranuleBytes = 512;

    /// <summary>
    /// The most granules a map with holes may have (2^32, a bit vector of 512 MiB; 256 TiB in granules of 64 KiB).
    /// A server may claim any size: nothing is allocated for more. <see cref="Full"/> has no such limit.
    /// </summary>
    public const long MaxGranuleCount = 1L << 32;

    // Null: every granule is allocated.
    private readonly RankedBits? _bits;

    private readonly int _granuleShift;

    /// <summary>Null bits stand for a disk allocated throughout.</summary>
    internal AllocationMap(long diskLength, int granuleBytes, RankedBits? bits)
    {
        CheckGranule(granuleBytes);
        DiskLength = diskLength;
        GranuleBytes = granuleBytes;
        GranuleCount = CountGranules(diskLength, granuleBytes);
        AllocatedGranules = bits?.Ones ?? GranuleCount;
        _bits = AllocatedGranules == GranuleCount ? null : bits;
        _granuleShift = BitOperations.TrailingZeroCount(granuleBytes);
        AllocatedBytes = CountAllocatedBytes();
    }

    /// <summary>The disk's length in bytes, 0 or more; any value, also one that is no multiple of a sector.</summary>
    public long DiskLength { get; }

    /// <summary>
    /// Bytes of disk that one bit speaks for: a power of two, at least <see cref="MinGranuleBytes"/>.
    /// </summary>
    public int GranuleBytes { get; }

    /// <summary>Granules of the disk, the last, shorter one included.</summary>
    public long GranuleCount { get; }

    /// <summary>Granules that are allocated.</summary>
    public long AllocatedGranules { get; }

    /// <summary>Bytes of disk in allocated granules; the last granule counts only up to the disk's end.</summary>
    public long AllocatedBytes { get; }

    /// <summary>What the map takes of memory, in bytes.</summary>
    public long MemoryBytes => _bits?.MemoryBytes ?? 0;

    /// <summary>The map of a disk about which nothing is known but its length: every granule is allocated.</summary>
    /// <param name="diskLength">The disk's length in bytes, 0 or more.</param>
    /// <param name="granuleBytes">A power of two, at least <see cref="MinGranuleBytes"/>.</param>
    public static AllocationMap Full(long diskLength, int granuleBytes) => new(diskLength, granuleBytes, null);

    /// <summary>Whether a granule is allocated.</summary>
    /// <param name="granule">0 up to, not including, <see cref="GranuleCount"/>.</param>
    public bool IsAllocated(long granule)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(granule);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(granule, GranuleCount);
        return _bits is null || _bits[granule];
    }

    /// <summary>How many granules before this one are allocated.</summary>
    /// <param name="granule">0 up to and including <see cref="GranuleCount"/>.</param>
    public long Rank(long granule)
    {
        CheckBoundary(granule);
        return _bits?.Rank(granule) ?? granule;
    }

    /// <summary>The allocated granule that has <paramref name="rank"/> allocated ones before it.</summary>
    /// <param name="rank">0 up to, not including, <see cref="AllocatedGranules"/>.</param>
    public long Select(long rank)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, AllocatedGranules);
        return _bits?.Select(rank, value: true) ?? rank;
    }

    /// <summary>
    /// The first allocated granule at or after this one; <see cref="GranuleCount"/> if there is none.
    /// </summary>
    /// <param name="granule">0 up to and including <see cref="GranuleCount"/>.</param>
    public long NextAllocated(long granule)
    {
        CheckBoundary(granule);
        return _bits?.Next(granule, value: true) ?? granule;
    }

    /// <summary>
    /// The first unallocated granule at or after this one; <see cref="GranuleCount"/> if there is none.
    /// </summary>
    /// <param name="granule">0 up to and including <see cref="GranuleCount"/>.</param>
    public long NextUnallocated(long granule)
    {
        CheckBoundary(granule);
        return _bits?.Next(granule, value: false) ?? GranuleCount;
    }

    /// <summary>
    /// The same disk in larger granules: allocated where any part is. Returns this map when the size is equal.
    /// </summary>
    /// <param name="granuleBytes">A power of two, a multiple of <see cref="GranuleBytes"/>.</param>
    /// <exception cref="ArgumentException">The size is no multiple of this map's granule.</exception>
    public AllocationMap Coarsen(int granuleBytes)
    {
        CheckGranule(granuleBytes);
        if (granuleBytes % GranuleBytes != 0)
        {
            throw new ArgumentException(
                $"A granule of {granuleBytes} bytes is no multiple of {GranuleBytes} bytes.", nameof(granuleBytes));
        }

        if (granuleBytes == GranuleBytes)
        {
            return this;
        }

        return _bits is null
            ? Full(DiskLength, granuleBytes)
            : FromWords(
                DiskLength, granuleBytes, _bits.Fold(BitOperations.TrailingZeroCount(granuleBytes) - _granuleShift));
    }

    /// <summary>
    /// The same disk in granules of any size. A smaller granule is allocated where the one around it is.
    /// </summary>
    internal AllocationMap WithGranule(int granuleBytes)
    {
        if (granuleBytes >= GranuleBytes)
        {
            return Coarsen(granuleBytes);
        }

        if (_bits is null)
        {
            return Full(DiskLength, granuleBytes);
        }

        AllocationMapBuilder builder = new(DiskLength, granuleBytes);
        for (long start = NextAllocated(0); start < GranuleCount;)
        {
            long end = NextUnallocated(start);
            builder.Mark(OffsetOf(start), OffsetOf(end) - OffsetOf(start));
            start = NextAllocated(end);
        }

        return builder.Build();
    }

    /// <summary>The granule that holds <paramref name="diskOffset"/>.</summary>
    internal long GranuleAt(long diskOffset) => diskOffset >> _granuleShift;

    /// <summary>The disk offset where a granule starts; the disk's end for <see cref="GranuleCount"/>.</summary>
    internal long OffsetOf(long granule) => granule == GranuleCount ? DiskLength : granule << _granuleShift;

    /// <summary>Takes ownership of the words of a bit vector.</summary>
    internal static AllocationMap FromWords(long diskLength, int granuleBytes, ulong[] words) =>
        new(diskLength, granuleBytes, new RankedBits(words, CountGranules(diskLength, granuleBytes)));

    internal static long CountGranules(long diskLength, int granuleBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(diskLength);
        return Sector.DivideUp(diskLength, granuleBytes);
    }

    internal static void CheckGranule(int granuleBytes)
    {
        if (granuleBytes < MinGranuleBytes || !BitOperations.IsPow2(granuleBytes))
        {
            throw new ArgumentOutOfRangeException(
                nameof(granuleBytes),
                granuleBytes,
                $"A granule is a power of two of at least {MinGranuleBytes} bytes.");
        }
    }

    private long CountAllocatedBytes()
    {
        if (GranuleCount == 0)
        {
            return 0;
        }

        long last = GranuleCount - 1;
        long whole = Rank(last) << _granuleShift;
        return IsAllocated(last) ? whole + (DiskLength - OffsetOf(last)) : whole;
    }

    private void CheckBoundary(long granule)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(granule);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(granule, GranuleCount);
    }
}
