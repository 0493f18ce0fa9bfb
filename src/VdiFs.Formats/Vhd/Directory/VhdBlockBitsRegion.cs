using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vhd.Directory;

/// <summary>One bit per data block, the first in the highest bit of a byte; zeros behind the last block.</summary>
internal sealed class VhdBlockBitsRegion(AllocationMap blocks, long length) : TableRegion(length, entryBytes: 1)
{
    private const int BitsPerByte = 8;

    private protected override void WriteEntries(long firstEntry, Span<byte> destination)
    {
        destination.Clear();
        long first = Math.Min(firstEntry * BitsPerByte, blocks.GranuleCount);
        long end = Math.Min((firstEntry + destination.Length) * BitsPerByte, blocks.GranuleCount);
        for (long block = blocks.NextAllocated(first); block < end; block = blocks.NextAllocated(block + 1))
        {
            destination[(int)(block / BitsPerByte - firstEntry)] |= (byte)(0x80 >> (int)(block % BitsPerByte));
        }
    }
}
