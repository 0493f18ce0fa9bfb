using System.Numerics;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd;

/// <summary>
/// The data blocks of a dynamic or differencing VHD: where they are, and which of their sectors are there. Holds a
/// window of the table and one sector bitmap.
/// </summary>
internal sealed class VhdBlocks
{
    /// <summary>The entry of a block that is not stored.</summary>
    internal const uint Unused = uint.MaxValue;

    // Every writer uses 2 MiB or 512 KiB; a bitmap of 32 KiB is read at a time.
    private const uint MaxDataBlockBytes = 128 * 1024 * 1024;

    private readonly IImageBytes _file;
    private readonly byte[] _bitmap;

    // Whose bitmap is in memory.
    private long _bitmapOf = -1;

    /// <exception cref="ImageFormatException">The table cannot be what the header says.</exception>
    internal VhdBlocks(VhdRecords records, VhdDynamicHeader header)
    {
        _file = records.File;
        if (header.DataBlockBytes is < Sector.Bytes or > MaxDataBlockBytes
            || !BitOperations.IsPow2(header.DataBlockBytes))
        {
            throw Fault(
                (long)records.Footer.DataOffset + 32,
                "dynamic header, block size",
                $"a power of two from {Sector.Bytes} to {MaxDataBlockBytes}",
                $"{header.DataBlockBytes}").Exception();
        }

        BlockBytes = (int)header.DataBlockBytes;
        Count = Sector.DivideUp(records.DiskLength, BlockBytes);
        if (header.MaxTableEntries < Count)
        {
            throw Fault(
                (long)records.Footer.DataOffset + 28,
                "dynamic header, max table entries",
                $"{Count} for {records.DiskLength} bytes",
                $"{header.MaxTableEntries}").Exception();
        }

        BitmapBytes = (int)Sector.RoundUp(Sector.DivideUp(BlockBytes / Sector.Bytes, 8), Sector.Bytes);
        Table = new TableWindow(
            _file,
            (long)Math.Min(header.TableOffset, long.MaxValue),
            header.MaxTableEntries,
            sizeof(uint),
            isBigEndian: true,
            "block allocation table");
        _bitmap = new byte[BitmapBytes];
    }

    /// <summary>All entries, also those behind the last block.</summary>
    internal TableWindow Table { get; }

    /// <summary>Blocks of the disk.</summary>
    internal long Count { get; }

    internal int BlockBytes { get; }

    internal int BitmapBytes { get; }

    /// <summary>The file offset of a block's sector bitmap, behind which its data is; null if not stored.</summary>
    /// <exception cref="ImageFormatException">It is not in the file.</exception>
    internal long? PlaceOf(long block)
    {
        uint entry = (uint)Table[block];
        if (entry == Unused)
        {
            return null;
        }

        long place = (long)entry * Sector.Bytes;
        return place <= _file.Length - BitmapBytes - BlockBytes
            ? place
            : throw Fault(
                Table.OffsetOf(block),
                $"entry of data block {block}",
                $"{BitmapBytes + BlockBytes} bytes in the {_file.Length} bytes of the file",
                $"sector {entry}").Exception();
    }

    /// <summary>Whether a sector is there, and how many bytes from <paramref name="within"/> on are alike.</summary>
    /// <param name="block">A block that is stored.</param>
    /// <param name="place">As <see cref="PlaceOf"/> says.</param>
    /// <param name="within">An offset in the block.</param>
    internal (bool IsPresent, int Length) RunAt(long block, long place, int within)
    {
        ReadOnlySpan<byte> bitmap = BitmapOf(block, place);
        int first = within / Sector.Bytes;
        bool isPresent = IsSet(bitmap, first);
        int last = first + 1;
        int sectors = BlockBytes / Sector.Bytes;
        while (last < sectors && IsSet(bitmap, last) == isPresent)
        {
            // Whole bytes of equal bits, which nearly all are.
            bool isWhole = last % 8 == 0 && last + 8 <= sectors && bitmap[last / 8] == (isPresent ? 0xFF : 0);
            last += isWhole ? 8 : 1;
        }

        return (isPresent, last * Sector.Bytes - within);
    }

    /// <summary>The sector bitmap of a stored block, until the next one is asked for.</summary>
    internal ReadOnlySpan<byte> BitmapOf(long block, long place)
    {
        if (_bitmapOf != block)
        {
            _bitmapOf = -1;
            _file.Read(place, _bitmap);
            _bitmapOf = block;
        }

        return _bitmap;
    }

    // The most significant bit is the first sector.
    private static bool IsSet(ReadOnlySpan<byte> bitmap, int sector) =>
        (bitmap[sector / 8] & (0x80 >> (sector % 8))) != 0;

    private ImageFault Fault(long fileOffset, string what, string expected, string found) =>
        new(_file.Name, fileOffset, what, expected, found);
}
