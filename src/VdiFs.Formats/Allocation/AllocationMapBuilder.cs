namespace VdiFs.Formats.Allocation;

/// <summary>
/// Collects what is known to be allocated, in any order, and becomes an <see cref="AllocationMap"/>.
/// Takes the memory of the whole bit vector at once. Not safe for several threads.
/// </summary>
public sealed class AllocationMapBuilder
{
    private const int WordBits = 64;

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
        _words = AllocationMap.NewWords(AllocationMap.CountGranules(diskLength, granuleBytes));
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
        if (length == 0)
        {
            return;
        }

        long first = diskOffset / _granuleBytes;
        long last = (diskOffset + length - 1) / _granuleBytes;
        long firstWord = first / WordBits;
        long lastWord = last / WordBits;
        ulong head = ulong.MaxValue << (int)(first % WordBits);
        ulong tail = ulong.MaxValue >> (int)(WordBits - 1 - last % WordBits);
        if (firstWord == lastWord)
        {
            words[firstWord] |= head & tail;
            return;
        }

        words[firstWord] |= head;
        words.AsSpan((int)(firstWord + 1), (int)(lastWord - firstWord - 1)).Fill(ulong.MaxValue);
        words[lastWord] |= tail;
    }

    /// <summary>The map of everything marked. The builder gives its memory away and is of no more use.</summary>
    /// <exception cref="InvalidOperationException">The map was built already.</exception>
    public AllocationMap Build()
    {
        ulong[] words = Words();
        _words = null;
        return new AllocationMap(_diskLength, _granuleBytes, words);
    }

    private ulong[] Words() => _words ?? throw new InvalidOperationException("The allocation map was built already.");
}
