using Microsoft.Win32.SafeHandles;
using VdiFs.Formats;
using VdiFs.Judges.Disks;

namespace VdiFs.Judges.Images;

/// <summary>Writes what a layout describes to a file, as a mount's reader would copy it.</summary>
internal static class LayoutFile
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Writes the whole file; the disks are those that the layout's segments number.</summary>
    public static void Write(ImageLayout layout, string path, params IReadOnlyList<JudgedDisk> disks)
    {
        SafeFileHandle[] sources = [.. disks.Select(disk => File.OpenHandle(disk.RawPath!))];
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
            RandomAccess.SetLength(file, layout.Length);
            byte[] buffer = new byte[PieceBytes];
            for (long offset = 0; offset < layout.Length;)
            {
                Segment segment = layout.Locate(offset, PieceBytes);
                Span<byte> bytes = buffer.AsSpan(0, (int)segment.Length);
                if (segment.Kind != SegmentKind.Zero)
                {
                    Fill(layout, sources, segment, bytes);
                    RandomAccess.Write(file, bytes, offset);
                }

                offset += segment.Length;
            }
        }
        finally
        {
            Array.ForEach(sources, source => source.Dispose());
        }
    }

    private static void Fill(ImageLayout layout, SafeFileHandle[] sources, Segment segment, Span<byte> destination)
    {
        switch (segment.Kind)
        {
            case SegmentKind.Metadata:
                layout.ReadMetadata(segment.SourceOffset, destination);
                break;
            case SegmentKind.Disk:
                int count = RandomAccess.Read(sources[segment.Disk], destination, segment.SourceOffset);
                Assert.Equal(destination.Length, count);
                break;
            case SegmentKind.Derived:
                layout.ReadDerived(
                    segment.SourceOffset, ReadSource(layout, sources, segment.SourceOffset), destination);
                break;
            default:
                destination.Clear();
                break;
        }
    }

    private static byte[] ReadSource(ImageLayout layout, SafeFileHandle[] sources, long derivedOffset)
    {
        DiskRange range = layout.SourceOf(derivedOffset);
        byte[] bytes = new byte[range.Length];
        for (int done = 0; done < bytes.Length;)
        {
            DiskRange rest = range with { Offset = range.Offset + done, Length = range.Length - done };
            Segment segment = layout.LocateOnDisk(derivedOffset, rest);
            Fill(layout, sources, segment, bytes.AsSpan(done, (int)segment.Length));
            done += (int)segment.Length;
        }

        return bytes;
    }
}
