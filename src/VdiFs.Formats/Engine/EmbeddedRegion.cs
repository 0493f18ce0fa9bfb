namespace VdiFs.Formats.Engine;

/// <summary>
/// A whole image inside a file that shows several: a member of an archive. Its bytes come from the disk of this number.
/// It is part of a packed file and has no holes.
/// </summary>
internal sealed class EmbeddedRegion(RegionLayout layout, int disk) : Region(layout.Length)
{
    // What a RegionLayout calls a metadata offset is an offset in its file, and so one of this region.
    internal override Segment Locate(long offset, long maxLength) => OnDisk(layout.Locate(offset, maxLength));

    internal override void ReadMetadata(long offset, Span<byte> destination) =>
        layout.ReadMetadata(offset, destination);

    internal override DiskRange SourceOf(long offset) => layout.SourceOf(offset) with { Disk = disk };

    internal override Segment LocateOnDisk(long offset, DiskRange range) =>
        OnDisk(layout.LocateOnDisk(offset, range with { Disk = 0 }));

    internal override void ReadDerived(long offset, ReadOnlySpan<byte> source, Span<byte> destination) =>
        layout.ReadDerived(offset, source, destination);

    private Segment OnDisk(Segment segment) =>
        segment.Kind == SegmentKind.Disk ? segment with { Disk = disk } : segment;
}
