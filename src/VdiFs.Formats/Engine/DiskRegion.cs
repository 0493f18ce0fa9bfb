namespace VdiFs.Formats.Engine;

/// <summary>
/// The whole disk, byte for byte from its start, with zeros behind it when the region is longer. What is zero here is a
/// hole of the file.
/// </summary>
internal sealed class DiskRegion(SparseDisk disk, long length) : Region(length)
{
    private readonly SparseDisk _disk = disk;

    internal override long AllocatedBytes => _disk.AllocatedBytes;

    internal override Segment Locate(long offset, long maxLength) =>
        _disk.Locate(offset, Math.Min(maxLength, Length - offset));

    internal override long NextData(long offset) => NextChange(offset, SegmentKind.Zero);

    internal override long NextHole(long offset) => NextChange(offset, SegmentKind.Disk);

    /// <summary>
    /// The end of the run of <paramref name="kind"/> at <paramref name="offset"/>; the offset if it is not one.
    /// </summary>
    private long NextChange(long offset, SegmentKind kind)
    {
        Segment segment = _disk.Locate(offset, Length - offset);
        return segment.Kind == kind ? offset + segment.Length : offset;
    }
}
