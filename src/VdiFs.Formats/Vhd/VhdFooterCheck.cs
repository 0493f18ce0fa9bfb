using System.Buffers.Binary;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd;

/// <summary>Whether the footer of a VHD and its copy are right.</summary>
internal static class VhdFooterCheck
{
    private const string EndFooter = "end footer";
    private const string FooterCopy = "footer copy";
    private const int FeaturesOffset = 8;
    private const int TimestampOffset = 24;
    private const int GeometryOffset = 56;
    private const int ChecksumOffset = 64;
    private const int UniqueIdOffset = 68;

    // Behind the saved state and the byte in which blktap marks hidden images.
    private const int ReservedOffset = 86;

    // The bit that the specification wants to be always 1.
    private const uint ReservedFeature = 2;

    // blktap's checker refuses what is made later; clocks differ.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(30);

    private static readonly RecordField[] Fields =
    [
        new(0, 8, "cookie"),
        new(FeaturesOffset, 4, "features"),
        new(12, 4, "file format version"),
        new(16, 8, "data offset"),
        new(TimestampOffset, 4, "time stamp"),
        new(28, 4, "creator application"),
        new(32, 4, "creator version"),
        new(36, 4, "creator host OS"),
        new(40, 8, "original size"),
        new(48, 8, "current size"),
        new(GeometryOffset, 4, "disk geometry"),
        new(60, 4, "disk type"),
        new(ChecksumOffset, 4, "checksum"),
        new(UniqueIdOffset, 16, "unique id"),
        new(84, 1, "saved state"),
    ];

    internal static IEnumerable<ImageFault> Run(VhdRecords records, CheckOptions options)
    {
        long end = records.File.Length - VhdFooter.Size;
        byte[] endFooter = new byte[VhdFooter.Size];
        records.File.Read(end, endFooter);
        foreach (ImageFault fault in Judge(records, end, EndFooter, endFooter, options))
        {
            yield return fault;
        }

        if (records.IsFixed)
        {
            yield break;
        }

        byte[] copy = new byte[VhdFooter.Size];
        records.File.Read(0, copy);
        int same = copy.AsSpan().CommonPrefixLength(endFooter);
        if (same < copy.Length)
        {
            foreach (ImageFault fault in Judge(records, 0, FooterCopy, copy, options))
            {
                yield return fault;
            }

            yield return new ImageFault(
                records.File.Name,
                same,
                FooterCopy,
                $"0x{endFooter[same]:x2} as in the end footer",
                $"0x{copy[same]:x2}");
        }
    }

    private static IEnumerable<ImageFault> Judge(
        VhdRecords records, long offset, string name, byte[] bytes, CheckOptions options)
    {
        VhdFooter footer = default;
        ImageFormatException? damage = null;
        try
        {
            footer = VhdFooter.Read(bytes);
        }
        catch (ImageFormatException exception)
        {
            damage = exception;
        }

        if (damage is not null)
        {
            return [new ImageFault(records.File.Name, offset, name, "a whole footer", damage.Message)];
        }

        IEnumerable<ImageFault> byRule = options.AcceptForeign
            ? JudgeForeign(records, offset, name, bytes, footer)
            : RecordField.Compare(records.File, offset, name, Fields, Expected(records, footer, bytes), bytes);
        return byRule.Concat(JudgeAny(records, offset, name, footer, options));
    }

    /// <summary>The footer that this product writes for the same disk.</summary>
    private static byte[] Expected(VhdRecords records, VhdFooter found, byte[] bytes)
    {
        byte[] expected = new byte[VhdFooter.Size];
        VhdFooter footer = found with
        {
            DataOffset = records.IsFixed ? VhdFooter.NoDataOffset : VhdFooter.Size,
            CurrentSize = records.Footer.CurrentSize,
            DiskType = records.Footer.DiskType,
            Geometry = VhdGeometry.For(records.DiskLength / Sector.Bytes),
        };
        footer.Write(expected);
        // It is right for the bytes that were found: a wrong field is one fault, not two.
        bytes.AsSpan(ChecksumOffset, VhdChecksum.Size).CopyTo(expected.AsSpan(ChecksumOffset));
        return expected;
    }

    private static IEnumerable<ImageFault> JudgeForeign(
        VhdRecords records, long offset, string name, byte[] bytes, VhdFooter footer)
    {
        uint features = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(FeaturesOffset));
        if ((features & ReservedFeature) == 0)
        {
            yield return Fault(records, offset + FeaturesOffset, name, "features", "the bit of 2", $"0x{features:x8}");
        }

        VhdGeometry geometry = footer.Geometry;
        long sectors = (long)geometry.Cylinders * geometry.Heads * geometry.SectorsPerTrack;
        // The largest geometry means that the current size counts.
        if (sectors > records.DiskLength / Sector.Bytes && geometry != VhdGeometry.Largest)
        {
            yield return Fault(
                records,
                offset + GeometryOffset,
                name,
                "disk geometry",
                $"at most {records.DiskLength / Sector.Bytes} sectors",
                $"{sectors}");
        }

        int reserved = bytes.AsSpan(ReservedOffset).IndexOfAnyExcept((byte)0);
        if (reserved >= 0)
        {
            int at = ReservedOffset + reserved;
            yield return Fault(records, offset + at, name, "reserved", "0x00", $"0x{bytes[at]:x2}");
        }
    }

    private static IEnumerable<ImageFault> JudgeAny(
        VhdRecords records, long offset, string name, VhdFooter footer, CheckOptions options)
    {
        if (footer.UniqueId == Guid.Empty)
        {
            yield return Fault(records, offset + UniqueIdOffset, name, "unique id", "any but null", "null");
        }

        if (options.Now is { } now && footer.Timestamp > VhdFooter.TimestampOf(now + ClockTolerance))
        {
            yield return Fault(
                records,
                offset + TimestampOffset,
                name,
                "time stamp",
                $"at most {VhdFooter.TimestampOf(now)}",
                $"{footer.Timestamp}");
        }
    }

    private static ImageFault Fault(
        VhdRecords records, long offset, string footer, string field, string expected, string found) =>
        new(records.File.Name, offset, $"{footer}, {field}", expected, found);
}
