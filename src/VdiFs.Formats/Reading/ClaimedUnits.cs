using System.Numerics;
using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Reading;

/// <summary>Which units of a file are claimed: a bit for each. For files whose parts lie in no order.</summary>
internal sealed class ClaimedUnits
{
    private const int WordBits = 64;

    private readonly ulong[] _words;
    private readonly long _count;
    private readonly long _fileLength;

    /// <summary>No unit is claimed.</summary>
    /// <param name="fileLength">Bytes; the last unit may be cut.</param>
    /// <param name="unitBytes">A power of two.</param>
    internal ClaimedUnits(long fileLength, long unitBytes)
    {
        _fileLength = fileLength;
        UnitBytes = unitBytes;
        _count = Sector.DivideUp(fileLength, unitBytes);
        _words = RankedBits.NewWords(_count);
    }

    internal long UnitBytes { get; }

    /// <summary>The claimed stretches in ascending order.</summary>
    internal IEnumerable<ClaimedRun> All
    {
        get
        {
            for (long unit = Next(0, value: true); unit < _count;)
            {
                long end = Next(unit, value: false);
                yield return new ClaimedRun(unit * UnitBytes, Math.Min(end * UnitBytes, _fileLength));
                unit = Next(end, value: true);
            }
        }
    }

    /// <summary>As <see cref="ClaimedRuns.Add"/>; start and end are borders of units.</summary>
    internal ClaimedRun? Add(long start, long end)
    {
        long first = start / UnitBytes;
        long last = (end - 1) / UnitBytes;
        long taken = Next(first, value: true);
        ClaimedRun? overlap = taken <= last
            ? new ClaimedRun(taken * UnitBytes, Math.Min(end, Next(taken, value: false) * UnitBytes))
            : null;
        RankedBits.Set(_words, first, last);
        return overlap;
    }

    private long Next(long unit, bool value)
    {
        for (long word = unit / WordBits; word < _words.Length; word++)
        {
            ulong bits = value ? _words[word] : ~_words[word];
            bits &= word == unit / WordBits ? ulong.MaxValue << (int)(unit % WordBits) : ulong.MaxValue;
            if (bits != 0)
            {
                return Math.Min(word * WordBits + BitOperations.TrailingZeroCount(bits), _count);
            }
        }

        return _count;
    }
}
