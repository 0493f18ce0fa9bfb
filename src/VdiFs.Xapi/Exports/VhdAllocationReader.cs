using System.Buffers.Binary;

namespace VdiFs.Xapi.Exports;

/// <summary>
/// Reads the head of a VHD stream as XAPI writes it (libs/vhd/vhd_format/f.ml): footer, dynamic header, block
/// allocation table, then the data blocks one behind the other. What does not fit exactly is refused: a table that is
/// taken for granted would turn data into zeros.
/// </summary>
internal static class VhdAllocationReader
{
    private const int SectorBytes = 512;
    private const int FooterBytes = 512;
    private const int HeaderBytes = 1024;
    private const uint FormatVersion = 0x0001_0000;
    private const uint DynamicDisk = 3;
    private const uint Hole = uint.MaxValue;

    private const int SmallestDataBlockBytes = 64 * 1024;
    private const int LargestDataBlockBytes = 16 * 1024 * 1024;

    /// <summary>XAPI's table begins at 2048; a few parent locators would still fit before this.</summary>
    private const long LatestTableOffset = 64 * 1024;

    /// <summary>2040 GiB, the most a VHD can have, in the smallest data blocks that are accepted.</summary>
    private const long MostEntries = 2040L * 1024 * 1024 * 1024 / SmallestDataBlockBytes;

    /// <summary>Sectors that may lie unused before a data block, for alignment.</summary>
    private const long LargestGapSectors = 127;

    /// <exception cref="XapiException">BadExport.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<ExportedAllocation> ReadAsync(
        ExportBody body, long virtualSizeBytes, CancellationToken cancellationToken)
    {
        byte[] head = new byte[FooterBytes + HeaderBytes];
        await body.ReadAsync(head.AsMemory(0, FooterBytes), cancellationToken).ConfigureAwait(false);
        CheckFooter(body, head.AsSpan(0, FooterBytes), virtualSizeBytes);
        await body.ReadAsync(head.AsMemory(FooterBytes), cancellationToken).ConfigureAwait(false);
        (long tableOffset, long entries, int blockBytes) = ReadHeader(body, head.AsSpan(FooterBytes), virtualSizeBytes);

        await body.SkipToAsync(tableOffset, cancellationToken).ConfigureAwait(false);
        byte[] table = new byte[RoundUp(entries * sizeof(uint), SectorBytes)];
        await body.ReadAsync(table, cancellationToken).ConfigureAwait(false);
        CheckBlocks(body, table, blockBytes);
        return new ExportedAllocation
        {
            VirtualSizeBytes = virtualSizeBytes,
            GranuleBytes = blockBytes,
            Extents = Extents(body, table, blockBytes, virtualSizeBytes),
        };
    }

    private static void CheckFooter(ExportBody body, ReadOnlySpan<byte> footer, long virtualSizeBytes)
    {
        if (!footer.StartsWith("conectix"u8))
        {
            throw body.Bad("it does not begin with a VHD footer");
        }

        CheckSum(body, footer, checksumAt: 64, "footer");
        uint version = BinaryPrimitives.ReadUInt32BigEndian(footer[12..]);
        long headerOffset = BinaryPrimitives.ReadInt64BigEndian(footer[16..]);
        uint type = BinaryPrimitives.ReadUInt32BigEndian(footer[60..]);
        if (version != FormatVersion || headerOffset != FooterBytes || type != DynamicDisk)
        {
            throw body.Bad(
                $"its footer has version {version:x}, data offset {headerOffset} and disk type {type}; expected "
                + $"{FormatVersion:x}, {FooterBytes} and {DynamicDisk}");
        }

        ExportSize.Check(body, BinaryPrimitives.ReadInt64BigEndian(footer[48..]), virtualSizeBytes);
    }

    private static (long TableOffset, long Entries, int BlockBytes) ReadHeader(
        ExportBody body, ReadOnlySpan<byte> header, long virtualSizeBytes)
    {
        if (!header.StartsWith("cxsparse"u8))
        {
            throw body.Bad("its footer is not followed by a VHD header");
        }

        CheckSum(body, header, checksumAt: 36, "header");
        long tableOffset = BinaryPrimitives.ReadInt64BigEndian(header[16..]);
        if (tableOffset is < FooterBytes + HeaderBytes or > LatestTableOffset || tableOffset % SectorBytes != 0)
        {
            throw body.Bad($"its table begins at {tableOffset}");
        }

        uint blockBytes = BinaryPrimitives.ReadUInt32BigEndian(header[32..]);
        if (blockBytes is < SmallestDataBlockBytes or > LargestDataBlockBytes || !uint.IsPow2(blockBytes))
        {
            throw body.Bad($"its data blocks have {blockBytes} bytes");
        }

        uint entries = BinaryPrimitives.ReadUInt32BigEndian(header[28..]);
        long needed = RoundUp(virtualSizeBytes, blockBytes) / blockBytes;
        if (entries < needed || entries > MostEntries)
        {
            throw body.Bad($"its table has {entries} entries; the disk needs {needed}");
        }

        return (tableOffset, entries, (int)blockBytes);
    }

    /// <summary>
    /// The data blocks follow the table and one another without room for anything else. An error message in place of
    /// the table does not look like this, whatever it says.
    /// </summary>
    private static void CheckBlocks(ExportBody body, ReadOnlySpan<byte> table, int blockBytes)
    {
        List<uint> offsets = [];
        for (int at = 0; at < table.Length; at += sizeof(uint))
        {
            uint offset = BinaryPrimitives.ReadUInt32BigEndian(table[at..]);
            if (offset != Hole)
            {
                offsets.Add(offset);
            }
        }

        offsets.Sort();
        int blockSectors = blockBytes / SectorBytes;
        long bitmapSectors = RoundUp(blockSectors, SectorBytes * 8) / (SectorBytes * 8);
        long expected = body.Position / SectorBytes;
        foreach (uint offset in offsets)
        {
            if (offset < expected || offset > expected + LargestGapSectors)
            {
                throw body.Bad($"its table has a data block at sector {offset} where one at {expected} is expected");
            }

            expected = offset + bitmapSectors + blockSectors;
        }
    }

    private static IReadOnlyList<(long Offset, long Length)> Extents(
        ExportBody body, ReadOnlySpan<byte> table, int blockBytes, long virtualSizeBytes)
    {
        ExtentList extents = new(virtualSizeBytes);
        long needed = RoundUp(virtualSizeBytes, blockBytes) / blockBytes;
        for (int index = 0; index < table.Length / sizeof(uint); index++)
        {
            if (BinaryPrimitives.ReadUInt32BigEndian(table[(index * sizeof(uint))..]) == Hole)
            {
                continue;
            }

            if (index >= needed)
            {
                throw body.Bad($"its table has a data block {index} behind the end of the disk");
            }

            extents.Add((long)index * blockBytes, blockBytes);
        }

        return extents.Extents;
    }

    /// <summary>The one's complement of the sum of all bytes but the checksum's own.</summary>
    private static void CheckSum(ExportBody body, ReadOnlySpan<byte> record, int checksumAt, string name)
    {
        uint sum = 0;
        for (int i = 0; i < record.Length; i++)
        {
            bool isOwn = i >= checksumAt && i < checksumAt + sizeof(uint);
            sum += isOwn ? 0u : record[i];
        }

        uint found = BinaryPrimitives.ReadUInt32BigEndian(record[checksumAt..]);
        if (found != ~sum)
        {
            throw body.Bad($"the checksum of its {name} is {found:x8}, expected {~sum:x8}");
        }
    }

    private static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;
}
