using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vhdx;

/// <summary>
/// The sector bitmap blocks of the chunks that have a stored block, one behind the other: all ones for a block that is
/// stored, since it is stored whole, and zeros for one that is the parent's.
/// </summary>
internal sealed class VhdxSectorBitmapRegion(VhdxShape shape, AllocationMap blocks, RankedBits chunks)
    : Region(chunks.Ones * VhdxShape.Alignment)
{
    internal override Segment Locate(long offset, long maxLength) =>
        Metadata(offset, Math.Min(maxLength, Length - offset));

    internal override void ReadMetadata(long offset, Span<byte> destination)
    {
        int blockBytes = shape.BitmapBytesPerBlock;
        while (!destination.IsEmpty)
        {
            (long rank, long inChunk) = Math.DivRem(offset, VhdxShape.Alignment);
            (long inBlocks, long within) = Math.DivRem(inChunk, blockBytes);
            long block = chunks.Select(rank, value: true) * shape.ChunkBlocks + inBlocks;
            int count = (int)Math.Min(destination.Length, blockBytes - within);
            bool isStored = block < blocks.GranuleCount && blocks.IsAllocated(block);
            destination[..count].Fill(isStored ? (byte)0xFF : (byte)0);
            destination = destination[count..];
            offset += count;
        }
    }
}
