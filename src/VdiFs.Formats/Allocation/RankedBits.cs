using System.Numerics;

namespace VdiFs.Formats.Allocation;

/// <summary>
/// A bit vector with the number of ones before every 512th bit: rank in constant time, select and search in O(log n).
/// Immutable.
/// </summary>
internal sealed class RankedBits
{
    private const int WordBits = 64;
    private const int WordsPerSample = 8;
    private const int SampleBits = WordBits * WordsPerSample;

    // Bits at and after Count are clear.
    private readonly ulong[] _words;

    // _ranks[i]: ones before bit i * SampleBits.
    private readonly long[] _ranks;

    /// <summary>
    /// Takes ownership of <paramref name="words"/>, whose bits from <paramref name="count"/> on are clear.
    /// </summary>
    internal RankedBits(ulong[] words, long count)
    {
        _words = words;
        _ranks = new long[(words.Length + WordsPerSample - 1) / WordsPerSample];
        Count = count;
        for (int word = 0; word < words.Length; word++)
        {
            if (word % WordsPerSample == 0)
            {
                _ranks[word / WordsPerSample] = Ones;
            }

            Ones += BitOperations.PopCount(words[word]);
        }
    }

    /// <summary>Bits of the vector.</summary>
    internal long Count { get; }

    /// <summary>Bits that are 1.</summary>
    internal long Ones { get; }

    /// <summary>The bit at <paramref name="index"/>, 0 up to, not including, <see cref="Count"/>.</summary>
    internal bool this[long index] => (_words[index / WordBits] >> (int)(index % WordBits) & 1) != 0;

    /// <summary>A clear vector's words.</summary>
    internal static ulong[] NewWords(long count) => new ulong[(count + WordBits - 1) / WordBits];

    /// <summary>Sets the bits from <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    internal static void Set(ulong[] words, long first, long last)
    {
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

    /// <summary>Ones before <paramref name="index"/>, 0 up to and including <see cref="Count"/>.</summary>
    internal long Rank(long index)
    {
        if (index == Count)
        {
            return Ones;
        }

        long last = index / WordBits;
        long rank = _ranks[index / SampleBits];
        for (long word = last / WordsPerSample * WordsPerSample; word < last; word++)
        {
            rank += BitOperations.PopCount(_words[word]);
        }

        return rank + BitOperations.PopCount(_words[last] & LowBits((int)(index % WordBits)));
    }

    /// <summary>
    /// The bit of this <paramref name="value"/> that has <paramref name="ordinal"/> bits of that value before it; there
    /// must be one.
    /// </summary>
    internal long Select(long ordinal, bool value)
    {
        int low = 0;
        int high = _ranks.Length - 1;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (Before(middle, value) <= ordinal)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        long rest = ordinal - Before(low, value);
        for (long word = (long)low * WordsPerSample; ; word++)
        {
            ulong bits = value ? _words[word] : ~_words[word];
            int count = BitOperations.PopCount(bits);
            if (rest < count)
            {
                return word * WordBits + BitAt(bits, (int)rest);
            }

            rest -= count;
        }
    }

    /// <summary>
    /// The first bit of this value at or after <paramref name="index"/>; <see cref="Count"/> if none.
    /// </summary>
    internal long Next(long index, bool value)
    {
        if (index == Count)
        {
            return Count;
        }

        ulong word = _words[index / WordBits];
        ulong rest = (value ? word : ~word) >> (int)(index % WordBits);
        if (rest != 0)
        {
            // The clear bits after the last one are no bits of the vector.
            return Math.Min(index + BitOperations.TrailingZeroCount(rest), Count);
        }

        long before = value ? Rank(index) : index - Rank(index);
        long total = value ? Ones : Count - Ones;
        return before == total ? Count : Select(before, value);
    }

    /// <summary>
    /// The words of a vector with one bit for 2^<paramref name="shift"/> of these: 1 where any of them is.
    /// </summary>
    internal ulong[] Fold(int shift)
    {
        ulong[] folded = NewWords((Count + (1L << shift) - 1) >> shift);
        for (long word = 0; word < _words.Length; word++)
        {
            ulong rest = _words[word];
            while (rest != 0)
            {
                long target = (word * WordBits + BitOperations.TrailingZeroCount(rest)) >> shift;
                folded[target / WordBits] |= 1UL << (int)(target % WordBits);
                // Drop the other bits that fall into the same one.
                long nextBit = ((target + 1) << shift) - word * WordBits;
                rest = nextBit >= WordBits ? 0 : rest & ~LowBits((int)nextBit);
            }
        }

        return folded;
    }

    private static ulong LowBits(int count) => (1UL << count) - 1;

    private static int BitAt(ulong bits, int ordinal)
    {
        for (; ordinal > 0; ordinal--)
        {
            bits &= bits - 1;
        }

        return BitOperations.TrailingZeroCount(bits);
    }

    private long Before(int sample, bool value) => value ? _ranks[sample] : (long)sample * SampleBits - _ranks[sample];
}
