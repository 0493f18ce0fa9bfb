using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Engine;

/// <summary>
/// The disk as every layout sees it: unallocated granules and everything past its end are zeros, so that neither ever
/// reaches the cache or the network. Uses the map in its finest granules, whatever the format's own piece is.
/// </summary>
/// <param name="map">The whole disk's.</param>
/// <param name="index">Which disk it is, in a file that shows several.</param>
/// <param name="start">The disk offset that counts as 0 here, for a part of the disk.</param>
internal sealed class SparseDisk(AllocationMap map, int index = 0, long start = 0)
{
    private readonly AllocationMap _map = map;

    /// <summary>Bytes of the disk that are allocated.</summary>
    internal long AllocatedBytes => _map.AllocatedBytes;

    /// <summary>Bytes of disk that the map speaks for at once.</summary>
    internal int GranuleBytes => _map.GranuleBytes;

    /// <summary>Allocated bytes of a stretch of this part that begins and ends between granules; what lies past the end
    /// of the disk is not allocated.</summary>
    internal long CountAllocated(long offset, long length)
    {
        long first = Math.Min((start + offset) / GranuleBytes, _map.GranuleCount);
        long end = Math.Min((start + offset + length) / GranuleBytes, _map.GranuleCount);
        long bytes = (_map.Rank(end) - _map.Rank(first)) * GranuleBytes;
        bool endsInGranule = first < end && end == _map.GranuleCount && _map.IsAllocated(end - 1);
        return bytes - (endsInGranule ? (end * GranuleBytes) - _map.DiskLength : 0);
    }

    /// <summary>A stretch of the disk, from <paramref name="offset"/> in this part of it.</summary>
    internal DiskRange RangeAt(long offset, long length) => new(start + offset, length, index);

    /// <summary>
    /// The longest segment that starts at <paramref name="offset"/> of this part (0 or more, also past the end), at
    /// most <paramref name="maxLength"/> bytes.
    /// </summary>
    internal Segment Locate(long offset, long maxLength) => LocateOnDisk(start + offset, maxLength);

    /// <summary>As <see cref="Locate"/>, by the disk offset.</summary>
    internal Segment LocateOnDisk(long diskOffset, long maxLength)
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
            return new Segment(SegmentKind.Disk, diskOffset, Math.Min(maxLength, end - diskOffset), index);
        }

        // A hole that reaches the end of the disk goes on behind it.
        return next == _map.GranuleCount
            ? new Segment(SegmentKind.Zero, 0, maxLength)
            : new Segment(SegmentKind.Zero, 0, Math.Min(maxLength, _map.OffsetOf(next) - diskOffset));
    }
}
