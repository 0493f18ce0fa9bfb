namespace VdiFs.Formats.Allocation;

/// <summary>
/// Collects what is known to be allocated, in any order, and becomes an <see cref="AllocationMap"/>.
/// Takes the memory of the whole bit vector at once. Not safe for several threads.
/// </summary>
public sealed class AllocationMapBuilder
{
    private readonly long _diskLength;
    private readonly int _granuleBytes;
    private ulong[]? _words;

    /// <summary>Starts with a disk on which nothing is allocated.</summary>
    /// <param name="diskLength">The disk's length in bytes, 0 or more.</param>
    /// <param name="granuleBytes">A power of two, at least <see cref="AllocationMap.MinGranuleBytes"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A bad argument, or more than <see cref="AllocationMap.MaxGranuleCount"/> granules.
    /// </exception>
    public AllocationMapBuilder(long diskLength, int granuleBytes)
    {
        AllocationMap.CheckGranule(granuleBytes);
        long granules = AllocationMap.CountGranules(diskLength, granuleBytes);
        if (granules > AllocationMap.MaxGranuleCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(diskLength),
                diskLength,
                $"The disk has {granules} granules; a map holds at most {AllocationMap.MaxGranuleCount}.");
        }

        _words = RankedBits.NewWords(granules);
        _diskLength = diskLength;
        _granuleBytes = granuleBytes;
    }

    /// <summary>Every granule that the range touches is allocated. A range of length 0 touches none.</summary>
    /// <param name="diskOffset">The first byte of the range on the disk.</param>
    /// <param name="length">Bytes; the range must lie within the disk.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the disk: nothing is clipped.</exception>
    /// <exception cref="InvalidOperationException">The map was built already.</exception>
    public void Mark(long diskOffset, long length)
    {
        ulong[] words = Words();
        ArgumentOutOfRangeException.ThrowIfNegative(diskOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(diskOffset, _diskLength);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _diskLength - diskOffset);
        if (length > 0)
        {
            RankedBits.Set(words, diskOffset / _granuleBytes, (diskOffset + length - 1) / _granuleBytes);
        }
    }

    /// <summary>The map of everything marked. The builder gives its memory away and is of no more use.</summary>
    /// <exception cref="InvalidOperationException">The map was built already.</exception>
    public AllocationMap Build()
    {
        ulong[] words = Words();
        _words = null;
        return AllocationMap.FromWords(_diskLength, _granuleBytes, words);
    }

    private ulong[] Words() => _words ?? throw new InvalidOperationException("The allocation map was built already.");
}
