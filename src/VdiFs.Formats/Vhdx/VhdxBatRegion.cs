using System.Buffers.Binary;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vhdx;

/// <summary>
/// The block allocation table: behind the entries of the payload blocks of each chunk, that of its sector bitmap block
/// ([MS-VHDX] 2.5).
/// </summary>
/// <param name="shape">How the entries lie.</param>
/// <param name="blocks">The disk in payload blocks.</param>
/// <param name="chunks">Which chunks have a sector bitmap block; null when there is no parent.</param>
/// <param name="firstBitmap">The file offset of the first of those, stored one behind the other.</param>
/// <param name="firstPayload">The file offset of the payload block stored first.</param>
internal sealed class VhdxBatRegion(
    VhdxShape shape, AllocationMap blocks, RankedBits? chunks, long firstBitmap, long firstPayload)
    : TableRegion(shape.TableBytes / VhdxBatEntry.Size, VhdxBatEntry.Size)
{
    private readonly PlaceCode _payload = new(
        VhdxBatEntry.Size,
        IsBigEndian: false,
        VhdxBatEntry.Of(
            chunks is null ? VhdxBlockState.Present : VhdxBlockState.PartiallyPresent, firstPayload).Value,
        (ulong)shape.BlockBytes);

    private protected override void WriteEntries(long firstEntry, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (long chunk, long within) = Math.DivRem(firstEntry, shape.ChunkBlocks + 1L);
            Span<byte> part = destination[..VhdxBatEntry.Size];
            if (within == shape.ChunkBlocks)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(part, BitmapEntry(chunk));
            }
            else
            {
                long count = Math.Min(destination.Length / VhdxBatEntry.Size, shape.ChunkBlocks - within);
                part = destination[..(int)(count * VhdxBatEntry.Size)];
                WritePayload(chunk * shape.ChunkBlocks + within, part);
            }

            destination = destination[part.Length..];
            firstEntry += part.Length / VhdxBatEntry.Size;
        }
    }

    private void WritePayload(long firstBlock, Span<byte> destination)
    {
        _payload.WriteRun(blocks, firstBlock, destination);
        if (chunks is not null)
        {
            return;
        }

        // What is not present in an image without a parent may be read as anything; only this state means zeros.
        long end = Math.Min(blocks.GranuleCount, firstBlock + destination.Length / VhdxBatEntry.Size);
        for (long block = firstBlock; block < end; block++)
        {
            Span<byte> entry = destination[(int)((block - firstBlock) * VhdxBatEntry.Size)..];
            entry[0] = entry[0] == 0 ? (byte)VhdxBlockState.Zero : entry[0];
        }
    }

    private ulong BitmapEntry(long chunk) =>
        chunks is not null && chunk < chunks.Count && chunks[chunk]
            ? VhdxBatEntry.Of(
                VhdxBlockState.Present, firstBitmap + chunks.Rank(chunk) * VhdxShape.Alignment).Value
            : 0;
}
