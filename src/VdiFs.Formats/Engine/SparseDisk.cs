using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Engine;

/// <summary>
/// The disk as every layout sees it: unallocated granules and everything past its end are zeros, so that neither ever
/// reaches the cache or the network. Uses the map in its finest granules, whatever the format's own piece is.
/// </summary>
internal sealed class SparseDisk(AllocationMap map)
{
    private readonly AllocationMap _map = map;

    /// <summary>Bytes of the disk that are allocated.</summary>
    internal long AllocatedBytes => _map.AllocatedBytes;

    /// <summary>
    /// The longest segment that starts at <paramref name="diskOffset"/> (0 or more, also past the end), at most
    /// <paramref name="maxLength"/> bytes.
    /// </summary>
    internal Segment Locate(long diskOffset, long maxLength)
    {
        if (diskOffset >= _map.DiskLength)
        {
            return new Segment(SegmentKind.Zero, 0, maxLength);
        }

        long granule = _map.GranuleAt(diskOffset);
        long next = _map.NextAllocated(granule);
        if (next == granule)
        {
            long end = _map.OffsetOf(_map.NextUnallocated(granule));
            return new Segment(SegmentKind.Disk, diskOffset, Math.Min(maxLength, end - diskOffset));
        }

        // A hole that reaches the end of the disk goes on behind it.
        return next == _map.GranuleCount
            ? new Segment(SegmentKind.Zero, 0, maxLength)
            : new Segment(SegmentKind.Zero, 0, Math.Min(maxLength, _map.OffsetOf(next) - diskOffset));
    }
}
