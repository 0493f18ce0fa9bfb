using System.Numerics;

namespace VdiFs.Formats.Allocation;

/// <summary>
/// Which parts of a disk hold data: one bit per granule, with rank (how many allocated granules lie before) and
/// select (where the k-th one is), so that the place of anything in a packed image is arithmetic.
/// A granule that is not allocated reads as zeros; an allocated one may hold anything, zeros too.
/// Immutable and safe for any number of threads. Memory: one bit per granule plus one eighth of that (2 TiB in granules
/// of 64 KiB: 4.5 MiB); a map in which every granule is allocated takes none. Rank is O(1); select and the two
/// searches are O(log n) and allocate nothing.
/// </summary>
public sealed class AllocationMap
{
    /// <summary>The usual granule: 64 KiB, which is also the grain of a VMDK and the unit of changed block tracking.</summary>
    public const int DefaultGranuleBytes = 64 * 1024;

    /// <summary>The smallest granule in bytes: one sector.</summary>
    public const int MinGranuleBytes = 512;

    /// <summary>
    /// The most granules a map with holes may have (2^32, a bit vector of 512 MiB; 256 TiB in granules of 64 KiB).
    /// A server may claim any size: nothing is allocated for more. <see cref="Full"/> has no such limit.
    /// </summary>
    public const long MaxGranuleCount = 1L << 32;

    private const int WordBits = 64;
    private const int WordsPerSample = 8;
    private const int SampleBits = WordBits * WordsPerSample;

    // Null: every granule is allocated. Bits at and after GranuleCount are clear.
    private readonly ulong[]? _words;

    // _ranks[i]: allocated granules before granule i * SampleBits.
    private readonly long[] _ranks = [];

    private readonly int _granuleShift;

    /// <summary>Takes ownership of <paramref name="words"/>; null stands for a disk allocated throughout.</summary>
    internal AllocationMap(long diskLength, int granuleBytes, ulong[]? words)
    {
        CheckGranule(granuleBytes);
        DiskLength = diskLength;
        GranuleBytes = granuleBytes;
        GranuleCount = CountGranules(diskLength, granuleBytes);
        _granuleShift = BitOperations.TrailingZeroCount(granuleBytes);
        AllocatedGranules = GranuleCount;
        if (words is not null)
        {
            _ranks = SampleRanks(words, out long allocated);
            AllocatedGranules = allocated;
            _words = allocated == GranuleCount ? null : words;
            _ranks = _words is null ? [] : _ranks;
        }

        AllocatedBytes = CountAllocatedBytes();
    }

    /// <summary>The disk's length in bytes, 0 or more; any value, also one that is no multiple of a sector.</summary>
    public long DiskLength { get; }

    /// <summary>Bytes of disk that one bit speaks for: a power of two, at least <see cref="MinGranuleBytes"/>.</summary>
    public int GranuleBytes { get; }

    /// <summary>Granules of the disk, the last, shorter one included.</summary>
    public long GranuleCount { get; }

    /// <summary>Granules that are allocated.</summary>
    public long AllocatedGranules { get; }

    /// <summary>Bytes of disk in allocated granules; the last granule counts only up to the disk's end.</summary>
    public long AllocatedBytes { get; }

    /// <summary>The map of a disk about which nothing is known but its length: every granule is allocated.</summary>
    /// <param name="diskLength">The disk's length in bytes, 0 or more.</param>
    /// <param name="granuleBytes">A power of two, at least <see cref="MinGranuleBytes"/>.</param>
    public static AllocationMap Full(long diskLength, int granuleBytes) => new(diskLength, granuleBytes, null);

    /// <summary>Whether <paramref name="granule"/> (0 up to, not including, <see cref="GranuleCount"/>) is allocated.</summary>
    public bool IsAllocated(long granule)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(granule);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(granule, GranuleCount);
        return _words is null || (_words[granule / WordBits] >> (int)(granule % WordBits) & 1) != 0;
    }

    /// <summary>Allocated granules before <paramref name="granule"/> (0 up to and including <see cref="GranuleCount"/>).</summary>
    public long Rank(long granule)
    {
        CheckBoundary(granule);
        if (_words is null)
        {
            return granule;
        }

        if (granule == GranuleCount)
        {
            return AllocatedGranules;
        }

        long last = granule / WordBits;
        long rank = _ranks[granule / SampleBits];
        for (long word = last / WordsPerSample * WordsPerSample; word < last; word++)
        {
            rank += BitOperations.PopCount(_words[word]);
        }

        return rank + BitOperations.PopCount(_words[last] & LowBits((int)(granule % WordBits)));
    }

    /// <summary>
    /// The allocated granule with <paramref name="rank"/> allocated ones before it
    /// (0 up to, not including, <see cref="AllocatedGranules"/>).
    /// </summary>
    public long Select(long rank)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, AllocatedGranules);
        return _words is null ? rank : Find(_words, rank, allocated: true);
    }

    /// <summary>The first allocated granule at or after <paramref name="granule"/>; <see cref="GranuleCount"/> if none.</summary>
    public long NextAllocated(long granule)
    {
        CheckBoundary(granule);
        if (_words is null || granule == GranuleCount)
        {
            return granule;
        }

        ulong rest = _words[granule / WordBits] >> (int)(granule % WordBits);
        if (rest != 0)
        {
            return granule + BitOperations.TrailingZeroCount(rest);
        }

        long rank = Rank(granule);
        return rank == AllocatedGranules ? GranuleCount : Find(_words, rank, allocated: true);
    }

    /// <summary>The first unallocated granule at or after <paramref name="granule"/>; <see cref="GranuleCount"/> if none.</summary>
    public long NextUnallocated(long granule)
    {
        CheckBoundary(granule);
        if (_words is null || granule == GranuleCount)
        {
            return GranuleCount;
        }

        ulong rest = ~_words[granule / WordBits] >> (int)(granule % WordBits);
        if (rest != 0)
        {
            // The bits after the last granule are clear, which must not be taken for a granule.
            return Math.Min(granule + BitOperations.TrailingZeroCount(rest), GranuleCount);
        }

        long unallocatedBefore = granule - Rank(granule);
        return unallocatedBefore == GranuleCount - AllocatedGranules
            ? GranuleCount
            : Find(_words, unallocatedBefore, allocated: false);
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

        if (_words is null)
        {
            return Full(DiskLength, granuleBytes);
        }

        ulong[] coarse = NewWords(CountGranules(DiskLength, granuleBytes));
        int shift = BitOperations.TrailingZeroCount(granuleBytes) - _granuleShift;
        for (long word = 0; word < _words.Length; word++)
        {
            ulong rest = _words[word];
            while (rest != 0)
            {
                long granule = (word * WordBits + BitOperations.TrailingZeroCount(rest)) >> shift;
                coarse[granule / WordBits] |= 1UL << (int)(granule % WordBits);
                // Drop the other bits that fall into the same coarse granule.
                long nextBit = ((granule + 1) << shift) - word * WordBits;
                rest = nextBit >= WordBits ? 0 : rest & ~LowBits((int)nextBit);
            }
        }

        return new AllocationMap(DiskLength, granuleBytes, coarse);
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

        if (_words is null)
        {
            return Full(DiskLength, granuleBytes);
        }

        AllocationMapBuilder builder = new(DiskLength, granuleBytes);
        for (long start = NextAllocated(0); start < GranuleCount;)
        {
            long end = NextUnallocated(start);
            long diskOffset = start << _granuleShift;
            builder.Mark(diskOffset, EndOffset(end) - diskOffset);
            start = NextAllocated(end);
        }

        return builder.Build();
    }

    /// <summary>The granule that holds <paramref name="diskOffset"/>.</summary>
    internal long GranuleAt(long diskOffset) => diskOffset >> _granuleShift;

    /// <summary>The disk offset at which <paramref name="granule"/> starts, or the disk's end.</summary>
    internal long EndOffset(long granule) => granule >= GranuleCount ? DiskLength : granule << _granuleShift;

    /// <summary>A clear bit vector for so many granules, refused before a byte is taken when they are too many.</summary>
    internal static ulong[] NewWords(long granuleCount)
    {
        if (granuleCount > MaxGranuleCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(granuleCount), granuleCount, $"An allocation map holds at most {MaxGranuleCount} granules.");
        }

        return new ulong[(granuleCount + WordBits - 1) / WordBits];
    }

    internal static long CountGranules(long diskLength, int granuleBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(diskLength);
        return diskLength == 0 ? 0 : (diskLength - 1) / granuleBytes + 1;
    }

    internal static void CheckGranule(int granuleBytes)
    {
        if (granuleBytes < MinGranuleBytes || !BitOperations.IsPow2(granuleBytes))
        {
            throw new ArgumentOutOfRangeException(
                nameof(granuleBytes), granuleBytes, $"A granule is a power of two of at least {MinGranuleBytes} bytes.");
        }
    }

    private static ulong LowBits(int count) => (1UL << count) - 1;

    private static long[] SampleRanks(ulong[] words, out long allocated)
    {
        long[] ranks = new long[(words.Length + WordsPerSample - 1) / WordsPerSample];
        allocated = 0;
        for (int word = 0; word < words.Length; word++)
        {
            if (word % WordsPerSample == 0)
            {
                ranks[word / WordsPerSample] = allocated;
            }

            allocated += BitOperations.PopCount(words[word]);
        }

        return ranks;
    }

    private long CountAllocatedBytes()
    {
        if (GranuleCount == 0)
        {
            return 0;
        }

        long last = GranuleCount - 1;
        long whole = Rank(last) << _granuleShift;
        return IsAllocated(last) ? whole + (DiskLength - (last << _granuleShift)) : whole;
    }

    /// <summary>The granule that has <paramref name="ordinal"/> granules of its own state before it.</summary>
    private long Find(ulong[] words, long ordinal, bool allocated)
    {
        int low = 0;
        int high = _ranks.Length - 1;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (Before(middle, allocated) <= ordinal)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        long rest = ordinal - Before(low, allocated);
        for (long word = (long)low * WordsPerSample; ; word++)
        {
            ulong bits = allocated ? words[word] : ~words[word];
            int count = BitOperations.PopCount(bits);
            if (rest < count)
            {
                return word * WordBits + BitAt(bits, (int)rest);
            }

            rest -= count;
        }
    }

    private long Before(int sample, bool allocated) =>
        allocated ? _ranks[sample] : (long)sample * SampleBits - _ranks[sample];

    private static int BitAt(ulong bits, int ordinal)
    {
        for (; ordinal > 0; ordinal--)
        {
            bits &= bits - 1;
        }

        return BitOperations.TrailingZeroCount(bits);
    }

    private void CheckBoundary(long granule)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(granule);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(granule, GranuleCount);
    }
}
