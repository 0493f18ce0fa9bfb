using VdiFs.Formats;
using Xunit;

namespace VdiFs.Tests.Formats;

/// <summary>Reads a layout as the mount does, and asserts that every segment keeps the contract.</summary>
internal static class LayoutReader
{
    internal static byte[] ReadAll(ImageLayout layout, TestDisk disk) =>
        Read(layout, disk, 0, (int)layout.Length, long.MaxValue);

    internal static byte[] Read(ImageLayout layout, TestDisk disk, long fileOffset, int length, long maxSegment) =>
        Read(layout, [disk], fileOffset, length, maxSegment);

    /// <summary>Reads a file that shows several disks.</summary>
    internal static byte[] Read(
        ImageLayout layout, IReadOnlyList<TestDisk> disks, long fileOffset, int length, long maxSegment)
    {
        byte[] bytes = new byte[length];
        // What a source fails to write must not look like the zeros that were there.
        bytes.AsSpan().Fill(0xA5);
        int done = 0;
        while (done < length)
        {
            long max = Math.Min(maxSegment, length - done);
            Segment segment = layout.Locate(fileOffset + done, max);
            Assert.InRange(segment.Length, 1, max);
            Fill(layout, disks, segment, bytes.AsSpan(done, (int)segment.Length));
            done += (int)segment.Length;
        }

        return bytes;
    }

    private static void Fill(
        ImageLayout layout, IReadOnlyList<TestDisk> disks, Segment segment, Span<byte> destination)
    {
        switch (segment.Kind)
        {
            case SegmentKind.Metadata:
                layout.ReadMetadata(segment.SourceOffset, destination);
                break;
            case SegmentKind.Zero:
                Assert.Equal(0, segment.SourceOffset);
                destination.Clear();
                break;
            case SegmentKind.Derived:
                layout.ReadDerived(segment.SourceOffset, ReadSource(layout, disks, segment.SourceOffset), destination);
                break;
            case SegmentKind.Disk:
                TestDisk disk = disks[segment.Disk];
                long last = (segment.SourceOffset + segment.Length - 1) / disk.GranuleBytes;
                for (long granule = segment.SourceOffset / disk.GranuleBytes; granule <= last; granule++)
                {
                    Assert.True(disk.Allocated[granule], $"granule {granule} is read and not allocated");
                }

                disk.Content.AsSpan((int)segment.SourceOffset, (int)segment.Length).CopyTo(destination);
                break;
            default:
                Assert.Fail($"Unknown kind {segment.Kind}.");
                break;
        }
    }

    private static byte[] ReadSource(ImageLayout layout, IReadOnlyList<TestDisk> disks, long derivedOffset)
    {
        DiskRange range = layout.SourceOf(derivedOffset);
        Assert.InRange(range.Length, 1, ImageLayout.MaxSourceBytes);
        byte[] source = new byte[range.Length];
        source.AsSpan().Fill(0xA5);
        while (range.Length > 0)
        {
            Segment segment = layout.LocateOnDisk(derivedOffset, range);
            Assert.True(segment.Kind is SegmentKind.Disk or SegmentKind.Zero, $"{segment.Kind} is no source");
            Assert.InRange(segment.Length, 1, range.Length);
            Assert.True(segment.Kind == SegmentKind.Zero || segment.Disk == range.Disk, "another disk's bytes");
            Fill(layout, disks, segment, source.AsSpan(source.Length - (int)range.Length, (int)segment.Length));
            range = range with { Offset = range.Offset + segment.Length, Length = range.Length - segment.Length };
        }

        return source;
    }
}
