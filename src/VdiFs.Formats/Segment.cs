namespace VdiFs.Formats;

/// <summary>A run of consecutive bytes of an image file that come from one place.</summary>
/// <param name="Kind">Which space <paramref name="SourceOffset"/> belongs to.</param>
/// <param name="SourceOffset">
/// A metadata offset for <see cref="SegmentKind.Metadata"/> and <see cref="SegmentKind.Derived"/>, a disk offset for
/// <see cref="SegmentKind.Disk"/>, 0 for <see cref="SegmentKind.Zero"/>. It is never a file offset.
/// </param>
/// <param name="Length">Bytes, at least 1.</param>
/// <param name="Disk">For <see cref="SegmentKind.Disk"/> in a file that shows several disks: which; else 0.</param>
public readonly record struct Segment(SegmentKind Kind, long SourceOffset, long Length, int Disk = 0);
