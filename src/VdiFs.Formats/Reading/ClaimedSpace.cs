using System.Numerics;

namespace VdiFs.Formats.Reading;

/// <summary>
/// Which structure of an image claims which part of the file: finds what lies outside the file, what is claimed twice,
/// and what nothing claims. Memory is bounded whatever the file says: neighbours are one stretch, and above a number of
/// stretches there is a bit for each unit of the file, the unit being what all borders are multiples of.
/// </summary>
/// <param name="fileName">For the faults.</param>
/// <param name="fileLength">Bytes.</param>
/// <param name="maxRuns">How many stretches are kept as such.</param>
/// <param name="maxUnits">How many bits are kept.</param>
internal sealed class ClaimedSpace(
    string fileName,
    long fileLength,
    int maxRuns = ClaimedSpace.DefaultMaxRuns,
    long maxUnits = ClaimedSpace.DefaultMaxUnits)
{
    /// <summary>Every data block of the largest VHD may stand alone; they take 16 MiB.</summary>
    private const int DefaultMaxRuns = 1024 * 1024;

    /// <summary>64 MiB of bits: 256 GiB in sectors, 32 TiB in clusters of 64 KiB.</summary>
    private const long DefaultMaxUnits = 512L * 1024 * 1024;

    private const int LargestUnitShift = 40;

    // While there are few.
    private ClaimedRuns? _runs = new();

    // When there are many; both are null when it was too much to keep.
    private ClaimedUnits? _units;

    /// <summary>
    /// Claims a part of the file. What can be claimed of it is so from now on, also when there is a fault, so that one
    /// mistake is told once.
    /// </summary>
    /// <param name="offset">Any number.</param>
    /// <param name="length">Any number; 0 claims nothing.</param>
    /// <param name="what">What lies there: "data block 7".</param>
    /// <returns>Why it cannot lie there; null when it can.</returns>
    internal ImageFault? Claim(long offset, long length, string what)
    {
        if (offset < 0 || length < 0 || offset > fileLength || length > fileLength - offset)
        {
            ClaimWhatIsInside(offset, length);
            return new ImageFault(
                fileName, offset, what, $"a place in the {fileLength} bytes of the file", $"{length} bytes at {offset}");
        }

        return length == 0 ? null : Add(offset, offset + length, what);
    }

    /// <summary>What nothing has claimed, in the order of the file.</summary>
    internal IEnumerable<ImageFault> Unclaimed()
    {
        if (_runs is null && _units is null)
        {
            yield break;
        }

        long end = 0;
        foreach (ClaimedRun run in _runs?.All ?? _units!.All)
        {
            if (run.Start > end)
            {
                yield return Gap(end, run.Start);
            }

            end = run.End;
        }

        if (end < fileLength)
        {
            yield return Gap(end, fileLength);
        }
    }

    private ImageFault Gap(long start, long end) =>
        new(fileName, start, "space", "nothing that no structure claims", $"{end - start} bytes");

    private void ClaimWhatIsInside(long offset, long length)
    {
        if (offset >= 0 && offset < fileLength && length > 0)
        {
            _ = Add(offset, fileLength, "");
        }
    }

    private ImageFault? Add(long start, long end, string what)
    {
        if (_runs is { } runs && runs.Count < maxRuns)
        {
            return Overlap(runs.Add(start, end), what);
        }

        if (_runs is null && _units is null)
        {
            return null;
        }

        long unit = Math.Min(UnitOf(start), UnitOf(end));
        if ((_units is null || unit < _units.UnitBytes) && !TryChangeUnit(unit))
        {
            return new ImageFault(
                fileName, start, what, $"at most {maxRuns} separate parts, or parts of whole sectors", "more");
        }

        return Overlap(_units!.Add(start, end), what);
    }

    /// <summary>Whether all that is claimed fits into bits of this or a smaller unit; if not, nothing is kept.</summary>
    private bool TryChangeUnit(long unit)
    {
        IEnumerable<ClaimedRun> known = _runs?.All ?? _units!.All;
        foreach (ClaimedRun run in known)
        {
            unit = Math.Min(unit, Math.Min(UnitOf(run.Start), UnitOf(run.End)));
        }

        _runs = null;
        _units = null;
        if (unit < Sector.Bytes || fileLength / unit >= maxUnits)
        {
            return false;
        }

        _units = new ClaimedUnits(fileLength, unit);
        foreach (ClaimedRun run in known)
        {
            _units.Add(run.Start, run.End);
        }

        return true;
    }

    /// <summary>The largest unit of which a border is a multiple; the file's end is a border of every unit.</summary>
    private long UnitOf(long border) =>
        border == 0 || border == fileLength
            ? 1L << LargestUnitShift
            : 1L << Math.Min(BitOperations.TrailingZeroCount(border), LargestUnitShift);

    private ImageFault? Overlap(ClaimedRun? overlap, string what) =>
        overlap is { } taken
            ? new ImageFault(
                fileName,
                taken.Start,
                what,
                "bytes that nothing else claims",
                $"{taken.End - taken.Start} bytes that are claimed already")
            : null;
}
