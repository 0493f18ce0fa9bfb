using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Engine;

/// <summary>
/// Records in groups: those of all stored pieces that one table speaks for, and behind them what is stored once for the
/// group, such as that table. Groups without a stored piece do not exist. The place of a group is arithmetic on two
/// ranks, and the group at a place is found by a binary search over them.
/// </summary>
/// <param name="records">The records of all groups, one behind the other, the last one as long as the others.</param>
/// <param name="trailers">What stands behind each group, one behind the other, all of one length.</param>
/// <param name="pieces">The disk in the pieces that the records hold.</param>
/// <param name="groups">The same disk in groups.</param>
internal sealed class GroupedRecordsRegion(
    RecordRegion records, Region trailers, AllocationMap pieces, AllocationMap groups)
    : Region(records.Length + trailers.Length)
{
    private readonly long _stride = records.Length / Math.Max(1, pieces.AllocatedGranules);
    private readonly long _trailerBytes = trailers.Length / Math.Max(1, groups.AllocatedGranules);
    private readonly long _piecesPerGroup = groups.GranuleBytes / pieces.GranuleBytes;

    internal override Segment Locate(long offset, long maxLength)
    {
        Place place = Find(offset);
        Segment segment = place.Region.Locate(place.Offset, Math.Min(maxLength, place.Left));
        return segment.Kind is SegmentKind.Metadata or SegmentKind.Derived
            ? segment with { SourceOffset = segment.SourceOffset - place.Offset + offset }
            : segment;
    }

    internal override void ReadMetadata(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            Place place = Find(offset);
            int count = (int)Math.Min(destination.Length, place.Left);
            place.Region.ReadMetadata(place.Offset, destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }

    internal override DiskRange SourceOf(long offset)
    {
        Place place = Find(offset);
        return place.Region.SourceOf(place.Offset);
    }

    internal override Segment LocateOnDisk(long offset, DiskRange range)
    {
        Place place = Find(offset);
        return place.Region.LocateOnDisk(place.Offset, range);
    }

    internal override void ReadDerived(long offset, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        Place place = Find(offset);
        place.Region.ReadDerived(place.Offset, source, destination);
    }

    /// <summary>Records of the groups before this one, which need not exist.</summary>
    private long RecordsBefore(long group) =>
        pieces.Rank(Math.Min(pieces.GranuleCount, group * _piecesPerGroup)) * _stride;

    private Place Find(long offset)
    {
        // The last group that starts here or before. Groups that do not exist start where the next one does.
        long group = 0;
        long last = groups.GranuleCount - 1;
        while (group < last)
        {
            long middle = group + ((last - group + 1) / 2);
            if (RecordsBefore(middle) + (groups.Rank(middle) * _trailerBytes) <= offset)
            {
                group = middle;
            }
            else
            {
                last = middle - 1;
            }
        }

        long trailersBefore = groups.Rank(group) * _trailerBytes;
        long recordsEnd = RecordsBefore(group + 1);
        long recordOffset = offset - trailersBefore;
        if (recordOffset < recordsEnd)
        {
            return new Place(records, recordOffset, recordsEnd - recordOffset);
        }

        long trailerOffset = offset - recordsEnd;
        return new Place(trailers, trailerOffset, trailersBefore + _trailerBytes - trailerOffset);
    }

    /// <summary>An offset in one of the two regions, and how many bytes of the group are left there.</summary>
    private readonly record struct Place(Region Region, long Offset, long Left);
}
