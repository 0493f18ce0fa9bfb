namespace VdiFs.Formats.Engine;

/// <summary>
/// The one layout of all formats: regions, one after the other. Its metadata offsets are the file offsets of what is
/// generated, which no one outside may rely on.
/// </summary>
internal sealed class RegionLayout : ImageLayout
{
    private readonly Region[] _regions;

    // _starts[i]: the file offset of region i; one more entry holds the end of the file.
    private readonly long[] _starts;

    /// <summary>Joins regions to a file. Empty ones vanish.</summary>
    internal RegionLayout(IEnumerable<Region> regions)
    {
        _regions = [.. regions.Where(region => region.Length > 0)];
        _starts = new long[_regions.Length + 1];
        for (int index = 0; index < _regions.Length; index++)
        {
            _starts[index + 1] = _starts[index] + _regions[index].Length;
            AllocatedBytes += _regions[index].AllocatedBytes;
        }
    }

    /// <inheritdoc/>
    public override long Length => _starts[^1];

    /// <inheritdoc/>
    public override long AllocatedBytes { get; }

    /// <inheritdoc/>
    public override Segment Locate(long fileOffset, long maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fileOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(fileOffset, Length);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxLength);
        long limit = Math.Min(maxLength, Length - fileOffset);
        int index = IndexOf(fileOffset);
        Segment segment = LocateIn(index, fileOffset, limit);
        while (segment.Length < limit)
        {
            long next = fileOffset + segment.Length;
            index = next < _starts[index + 1] ? index : index + 1;
            Segment following = LocateIn(index, next, limit - segment.Length);
            if (!Continues(segment, following))
            {
                break;
            }

            segment = segment with { Length = segment.Length + following.Length };
        }

        return segment;
    }

    /// <inheritdoc/>
    public override void ReadMetadata(long metadataOffset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(metadataOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(metadataOffset, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, Length - metadataOffset);
        if (destination.IsEmpty)
        {
            return;
        }

        for (int index = IndexOf(metadataOffset); !destination.IsEmpty; index++)
        {
            int count = (int)Math.Min(destination.Length, _starts[index + 1] - metadataOffset);
            _regions[index].ReadMetadata(metadataOffset - _starts[index], destination[..count]);
            metadataOffset += count;
            destination = destination[count..];
        }
    }

    /// <inheritdoc/>
    public override DiskRange SourceOf(long derivedOffset)
    {
        int index = IndexOfDerived(derivedOffset);
        return _regions[index].SourceOf(derivedOffset - _starts[index]);
    }

    /// <inheritdoc/>
    public override Segment LocateOnDisk(long derivedOffset, DiskRange range)
    {
        int index = IndexOfDerived(derivedOffset);
        return _regions[index].LocateOnDisk(derivedOffset - _starts[index], range);
    }

    /// <inheritdoc/>
    public override void ReadDerived(long derivedOffset, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int index = IndexOfDerived(derivedOffset);
        _regions[index].ReadDerived(derivedOffset - _starts[index], source, destination);
    }

    /// <inheritdoc/>
    public override long SeekData(long fileOffset)
    {
        if (fileOffset < 0 || fileOffset >= Length)
        {
            return -1;
        }

        for (int index = IndexOf(fileOffset); index < _regions.Length; index++)
        {
            long found = _starts[index] + _regions[index].NextData(Math.Max(0, fileOffset - _starts[index]));
            if (found < _starts[index + 1])
            {
                return found;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public override long SeekHole(long fileOffset)
    {
        if (fileOffset < 0 || fileOffset >= Length)
        {
            return -1;
        }

        for (int index = IndexOf(fileOffset); index < _regions.Length; index++)
        {
            long found = _starts[index] + _regions[index].NextHole(Math.Max(0, fileOffset - _starts[index]));
            if (found < _starts[index + 1])
            {
                return found;
            }
        }

        return Length;
    }

    /// <summary>Whether two neighbours in the file are one segment.</summary>
    private static bool Continues(Segment segment, Segment following) =>
        segment.Kind == following.Kind
        && segment.Disk == following.Disk
        && segment.Kind != SegmentKind.Derived
        && (segment.Kind == SegmentKind.Zero || segment.SourceOffset + segment.Length == following.SourceOffset);

    private Segment LocateIn(int index, long fileOffset, long maxLength)
    {
        long start = _starts[index];
        Segment segment = _regions[index].Locate(fileOffset - start, maxLength);
        return segment.Kind is SegmentKind.Metadata or SegmentKind.Derived
            ? segment with { SourceOffset = segment.SourceOffset + start }
            : segment;
    }

    private int IndexOfDerived(long derivedOffset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(derivedOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(derivedOffset, Length);
        return IndexOf(derivedOffset);
    }

    private int IndexOf(long fileOffset)
    {
        int index = Array.BinarySearch(_starts, fileOffset);
        // Not found: the complement of the next greater one.
        index = index >= 0 ? index : ~index - 1;
        return index;
    }
}
