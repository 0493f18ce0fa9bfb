using VdiFs.Disks.Cache;
using VdiFs.Formats;

namespace VdiFs.Mounting;

/// <summary>The first part of a read, as far as one disk is concerned: nearly always all of it.</summary>
/// <param name="FileOffset">Where it starts.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Disk">The only disk that it touches; the first when it touches none.</param>
/// <param name="Blocks">Cache blocks that it can need.</param>
internal readonly record struct ReadPlan(long FileOffset, int Length, int Disk, int Blocks)
{
    /// <summary>Plans a read of a file: as much of it as touches no second disk.</summary>
    public static ReadPlan For(ImageLayout layout, long fileOffset, int length)
    {
        int? disk = null;
        int blocks = 0;
        long generated = 0;
        int planned = 0;
        while (planned < length)
        {
            Segment segment = layout.Locate(fileOffset + planned, length - planned);
            DiskRange? range = RangeOf(layout, segment);
            if (range is { } touched)
            {
                if (touched.Disk != (disk ?? touched.Disk))
                {
                    break;
                }

                disk = touched.Disk;
                blocks += DiskRead.CountBlocks(touched.Offset, touched.Length);
            }

            generated += segment.Kind is SegmentKind.Metadata or SegmentKind.Derived ? segment.Length : 0;
            planned += (int)segment.Length;
        }

        // What is generated goes into memory of its own, which is as large: it counts like blocks of the disk.
        return new ReadPlan(fileOffset, planned, disk ?? 0, blocks + DiskRead.CountBlocks(0, generated));
    }

    private static DiskRange? RangeOf(ImageLayout layout, Segment segment) => segment.Kind switch
    {
        SegmentKind.Disk => new DiskRange(segment.SourceOffset, segment.Length, segment.Disk),
        SegmentKind.Derived => layout.SourceOf(segment.SourceOffset),
        _ => null,
    };
}
