using System.Buffers.Binary;
using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Engine;

/// <summary>
/// The table that says in which sector of the file each piece of the disk starts: the BAT of a VHD, the grain tables of
/// a VMDK. Since the pieces are stored in disk order, the place of one is its rank times a stride.
/// </summary>
internal sealed class BlockTableRegion : TableRegion
{
    private const int EntryBytes = sizeof(uint);

    private readonly AllocationMap _pieces;
    private readonly long _firstSector;
    private readonly long _strideSectors;
    private readonly byte _emptyByte;
    private readonly bool _isBigEndian;

    /// <summary>A table with one entry for each granule of <paramref name="pieces"/>, padded with empty ones.</summary>
    /// <param name="pieces">The disk in the pieces that the format stores.</param>
    /// <param name="entryCount">Entries with their padding, at least the number of pieces.</param>
    /// <param name="firstSector">The file sector where the first stored piece starts.</param>
    /// <param name="strideSectors">Sectors from one stored piece to the next.</param>
    /// <param name="emptyByte">Four of these are the entry of a piece that is not stored.</param>
    /// <param name="isBigEndian">The byte order of the entries.</param>
    internal BlockTableRegion(
        AllocationMap pieces, long entryCount, long firstSector, long strideSectors, byte emptyByte, bool isBigEndian)
        : base(entryCount, EntryBytes)
    {
        _pieces = pieces;
        _firstSector = firstSector;
        _strideSectors = strideSectors;
        _emptyByte = emptyByte;
        _isBigEndian = isBigEndian;
    }

    private protected override void WriteEntries(long firstEntry, Span<byte> destination)
    {
        destination.Fill(_emptyByte);
        long count = _pieces.GranuleCount;
        if (firstEntry >= count)
        {
            return;
        }

        long end = Math.Min(count, firstEntry + destination.Length / EntryBytes);
        long sector = _firstSector + _pieces.Rank(firstEntry) * _strideSectors;
        for (long piece = _pieces.NextAllocated(firstEntry); piece < end; piece = _pieces.NextAllocated(piece + 1))
        {
            Span<byte> entry = destination.Slice((int)(piece - firstEntry) * EntryBytes, EntryBytes);
            if (_isBigEndian)
            {
                BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)sector);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)sector);
            }

            sector += _strideSectors;
        }
    }
}
