using VdiFs.Formats;
using VdiFs.Formats.Allocation;

namespace VdiFs.Fuzz.Images;

/// <summary>Good images of every format, of a disk with little in it.</summary>
internal static class SeedImages
{
    private const int DiskBytes = 5 * 1024 * 1024 + 512;
    private const int Granule = AllocationMap.DefaultGranuleBytes;

    private static readonly DiskIdentity _before = new(new Guid(1, 2, 3, new byte[8]), DateTimeOffset.UnixEpoch);
    private static readonly DiskIdentity _after = new(new Guid(4, 5, 6, new byte[8]), DateTimeOffset.UnixEpoch);

    private static readonly AllocationMap _map = Map(0, 3, 40, 80);
    private static readonly AllocationMap _changed = Map(3, 41);

    /// <summary>A full image in each format, and a delta in each that has them.</summary>
    public static IEnumerable<byte[]> All()
    {
        foreach (ImageFormat format in ImageFormats.All)
        {
            yield return Full(format);
            if (format.HasDeltas)
            {
                ParentImage parent = new(_before, DiskBytes, format, ParentNameOf(format));
                yield return Read(format.CreateDelta(_after, _map, _changed, parent));
            }
        }
    }

    /// <summary>What deltas in this format have as their parent.</summary>
    public static byte[] Full(ImageFormat format) => Read(format.CreateLayout(_before, _map));

    /// <summary>The name of the file of <see cref="Full"/>.</summary>
    public static string ParentNameOf(ImageFormat format) => format.FileName;

    private static AllocationMap Map(params int[] granules)
    {
        AllocationMapBuilder builder = new(DiskBytes, Granule);
        foreach (int granule in granules)
        {
            builder.Mark((long)granule * Granule, Math.Min(Granule, DiskBytes - granule * Granule));
        }

        return builder.Build();
    }

    private static byte[] Read(ImageLayout layout)
    {
        byte[] file = new byte[layout.Length];
        for (int offset = 0; offset < file.Length;)
        {
            Segment segment = layout.Locate(offset, file.Length - offset);
            Span<byte> part = file.AsSpan(offset, (int)segment.Length);
            switch (segment.Kind)
            {
                case SegmentKind.Metadata:
                    layout.ReadMetadata(segment.SourceOffset, part);
                    break;
                case SegmentKind.Derived:
                    layout.ReadDerived(segment.SourceOffset, ReadSource(layout, segment.SourceOffset), part);
                    break;
                case SegmentKind.Disk:
                    ReadDisk(segment.SourceOffset, part);
                    break;
                default:
                    break;
            }

            offset += part.Length;
        }

        return file;
    }

    private static byte[] ReadSource(ImageLayout layout, long derivedOffset)
    {
        DiskRange range = layout.SourceOf(derivedOffset);
        byte[] source = new byte[range.Length];
        for (long done = 0; done < range.Length;)
        {
            DiskRange rest = new(range.Offset + done, range.Length - done);
            Segment segment = layout.LocateOnDisk(derivedOffset, rest);
            if (segment.Kind == SegmentKind.Disk)
            {
                ReadDisk(segment.SourceOffset, source.AsSpan((int)done, (int)segment.Length));
            }

            done += segment.Length;
        }

        return source;
    }

    /// <summary>The disk has one byte in each granule: the mutations are for the structures.</summary>
    private static void ReadDisk(long diskOffset, Span<byte> destination)
    {
        for (int index = 0; index < destination.Length; index++)
        {
            destination[index] = (diskOffset + index) % Granule == 0 ? (byte)0x5A : (byte)0;
        }
    }
}
