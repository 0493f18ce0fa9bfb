using System.Numerics;

namespace VdiFs.Formats.Allocation;

/// <summary>
/// A bit vector with the number of ones before every 1024th bit, and the place of every 4096th one and zero: rank in
/// constant time, select and search too wherever ones and zeros are spread evenly; at worst a binary search between two
/// known places. What is known takes 4 % of the bits. Immutable.
/// </summary>
internal sealed class RankedBits
{
    private const int WordBits = 64;
    private const int WordsPerSample = 16;
    private const int SampleBits = WordBits * WordsPerSample;
    private const int OrdinalsPerPlace = 4096;

    // Bits at and after Count are clear.
    private readonly ulong[] _words;

    // _ranks[i]: ones before bit i * SampleBits. There are at most 2 to the 32 bits, and none behind counts the last.
    private readonly uint[] _ranks;

    // _ones[i]: in which sample the one is that has i * OrdinalsPerPlace ones before it; the same for zeros.
    private readonly uint[] _ones;
    private readonly uint[] _zeros;

    /// <summary>
    /// Takes ownership of <paramref name="words"/>, whose bits from <paramref name="count"/> on are clear.
    /// </summary>
    internal RankedBits(ulong[] words, long count)
    {
        _words = words;
        _ranks = new uint[(words.Length + WordsPerSample - 1) / WordsPerSample];
        Count = count;
        for (int word = 0; word < words.Length; word++)
        {
            if (word % WordsPerSample == 0)
            {
                _ranks[word / WordsPerSample] = (uint)Ones;
            }

            Ones += BitOperations.PopCount(words[word]);
        }

        _ones = Places(Ones, value: true);
        _zeros = Places(count - Ones, value: false);
    }

    /// <summary>What the vector takes of memory, in bytes.</summary>
    internal long MemoryBytes =>
        _words.LongLength * sizeof(ulong)
        + (_ranks.LongLength + _ones.LongLength + _zeros.LongLength) * sizeof(uint);

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
        uint[] places = value ? _ones : _zeros;
        int place = (int)(ordinal / OrdinalsPerPlace);
        int low = (int)places[place];
        int high = place + 1 < places.Length ? (int)places[place + 1] : _ranks.Length - 1;
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

    /// <summary>The places of every so many bits of this value, of which there are <paramref name="total"/>.</summary>
    private uint[] Places(long total, bool value)
    {
        uint[] places = new uint[(total + OrdinalsPerPlace - 1) / OrdinalsPerPlace];
        int place = 0;
        for (int sample = 0; sample < _ranks.Length && place < places.Length; sample++)
        {
            long end = sample + 1 < _ranks.Length ? Before(sample + 1, value) : total;
            for (; place < places.Length && (long)place * OrdinalsPerPlace < end; place++)
            {
                places[place] = (uint)sample;
            }
        }

        return places;
    }

    private long Before(int sample, bool value) => value ? _ranks[sample] : (long)sample * SampleBits - _ranks[sample];
}
