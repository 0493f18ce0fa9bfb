using System.Buffers.Binary;
using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Engine;

/// <summary>
/// How a table writes the place of a stored piece. Pieces are stored in disk order at a fixed stride, so the entry of one
/// is the first one's plus its rank times a step: sectors, bytes, or a number of blocks, whatever the format counts.
/// Flags that every entry has are part of the first one.
/// </summary>
/// <param name="EntryBytes">2, 4 or 8.</param>
/// <param name="IsBigEndian">The byte order.</param>
/// <param name="First">The entry of the piece that is stored first.</param>
/// <param name="Step">What the next stored piece's entry has more.</param>
/// <param name="EmptyByte">The entry of a piece that is not stored consists of these.</param>
internal readonly record struct PlaceCode(int EntryBytes, bool IsBigEndian, ulong First, ulong Step, byte EmptyByte = 0)
{
    /// <summary>Writes the entries of consecutive pieces, from <paramref name="firstPiece"/> on, as many as fit exactly.
    /// Pieces behind the last one are not stored.</summary>
    internal void WriteRun(AllocationMap pieces, long firstPiece, Span<byte> destination)
    {
        destination.Fill(EmptyByte);
        long end = Math.Min(pieces.GranuleCount, firstPiece + destination.Length / EntryBytes);
        if (firstPiece >= end)
        {
            return;
        }

        ulong value = First + (ulong)pieces.Rank(firstPiece) * Step;
        for (long piece = pieces.NextAllocated(firstPiece); piece < end; piece = pieces.NextAllocated(piece + 1))
        {
            Write(destination.Slice((int)(piece - firstPiece) * EntryBytes, EntryBytes), value);
            value = unchecked(value + Step);
        }
    }

    private void Write(Span<byte> entry, ulong value)
    {
        switch (EntryBytes, IsBigEndian)
        {
            case (sizeof(ushort), true):
                BinaryPrimitives.WriteUInt16BigEndian(entry, (ushort)value);
                break;
            case (sizeof(uint), true):
                BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)value);
                break;
            case (sizeof(uint), false):
                BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)value);
                break;
            case (sizeof(ulong), true):
                BinaryPrimitives.WriteUInt64BigEndian(entry, value);
                break;
            case (sizeof(ulong), false):
                BinaryPrimitives.WriteUInt64LittleEndian(entry, value);
                break;
            default:
                throw new InvalidOperationException($"No table has {EntryBytes}-byte entries of this byte order.");
        }
    }
}
