using System.Buffers.Binary;

namespace VdiFs.Formats.Vhd;

/// <summary>Disk geometry in the footer: cylinders, heads, sectors per track.</summary>
internal readonly record struct VhdGeometry(ushort Cylinders, byte Heads, byte SectorsPerTrack)
{
    internal const int Size = 4;

    private const int LargestHeads = 16;
    private const int LargestSectorsPerTrack = 255;
    private const int CylindersPerHeadStep = 1024;

    /// <summary>What writers say whose disks no geometry fits.</summary>
    internal static VhdGeometry Largest => new(ushort.MaxValue, LargestHeads, LargestSectorsPerTrack);

    /// <summary>
    /// The algorithm of the specification's appendix "CHS Calculation". It rounds down: a geometry larger than the disk
    /// is an error to blktap's checker. Readers that know our creator application use the current size instead.
    /// </summary>
    internal static VhdGeometry For(long totalSectors)
    {
        long sectors = Math.Min(totalSectors, (long)ushort.MaxValue * LargestHeads * LargestSectorsPerTrack);
        if (sectors >= (long)ushort.MaxValue * LargestHeads * 63)
        {
            return From(sectors, LargestHeads, LargestSectorsPerTrack);
        }

        long cylindersTimesHeads = sectors / 17;
        long heads = Math.Max(4, Sector.DivideUp(cylindersTimesHeads, CylindersPerHeadStep));
        if (cylindersTimesHeads < heads * CylindersPerHeadStep && heads <= LargestHeads)
        {
            return From(sectors, heads, 17);
        }

        return sectors / 31 < LargestHeads * CylindersPerHeadStep
            ? From(sectors, LargestHeads, 31)
            : From(sectors, LargestHeads, 63);
    }

    internal static VhdGeometry Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt16BigEndian(source), source[2], source[3]);

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, Cylinders);
        destination[2] = Heads;
        destination[3] = SectorsPerTrack;
    }

    private static VhdGeometry From(long sectors, long heads, long sectorsPerTrack) =>
        new((ushort)(sectors / sectorsPerTrack / heads), (byte)heads, (byte)sectorsPerTrack);
}
