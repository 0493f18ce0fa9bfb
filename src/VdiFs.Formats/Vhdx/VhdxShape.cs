using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vhdx;

/// <summary>How many entries the block allocation table of a VHDX has, and which is which ([MS-VHDX] 2.5).</summary>
/// <param name="DiskLength">VirtualDiskSize.</param>
/// <param name="BlockBytes">BlockSize: disk in a payload block.</param>
/// <param name="SectorBytes">LogicalSectorSize: disk that one bit of a sector bitmap speaks for.</param>
/// <param name="ChunkBlocks">The chunk ratio: payload blocks whose sectors have bits in one bitmap block.</param>
/// <param name="Blocks">Payload blocks of the disk.</param>
/// <param name="Chunks">Sector bitmap blocks that there could be.</param>
/// <param name="TableEntries">Entries of the table, those of sector bitmap blocks among them.</param>
internal readonly record struct VhdxShape(
    long DiskLength, int BlockBytes, int SectorBytes, int ChunkBlocks, long Blocks, long Chunks, long TableEntries)
{
    /// <summary>Everything lies on such a border, and every sector bitmap block has this length.</summary>
    internal const int Alignment = 1024 * 1024;

    internal const long MaxDiskLength = 64L << 40;

    internal const long LogOffset = Alignment;

    internal const long MetadataOffset = 2 * Alignment;

    internal const long TableOffset = 3 * Alignment;

    private const int SmallBlockBytes = 2 * 1024 * 1024;
    private const int LargeBlockBytes = 32 * 1024 * 1024;

    // Above, tables of small blocks would take more than 16 MiB, which readers hold in memory.
    private const long MaxDiskOfSmallBlocks = 4L << 40;

    // Bits of a sector bitmap block.
    private const long SectorsPerChunk = Alignment * 8L;

    /// <summary>Bytes that the table takes in the file.</summary>
    internal long TableBytes => Sector.RoundUp(TableEntries * VhdxBatEntry.Size, Alignment);

    /// <summary>Bytes of a sector bitmap block that speak for one payload block.</summary>
    internal int BitmapBytesPerBlock => Alignment / ChunkBlocks;

    /// <summary>The size of block in which this product writes a disk.</summary>
    internal static int BlockBytesFor(long diskLength) =>
        diskLength <= MaxDiskOfSmallBlocks ? SmallBlockBytes : LargeBlockBytes;

    /// <summary>The shape of any VHDX.</summary>
    /// <param name="diskLength">Whole sectors, more than 0.</param>
    /// <param name="blockBytes">A power of two, 1 to 256 MiB.</param>
    /// <param name="sectorBytes">LogicalSectorSize: 512 or 4096.</param>
    /// <param name="hasParent">Whether it is a differencing one, which has all entries of its last chunk.</param>
    internal static VhdxShape Of(long diskLength, int blockBytes, int sectorBytes, bool hasParent)
    {
        int chunkBlocks = (int)(SectorsPerChunk * sectorBytes / blockBytes);
        long blocks = Sector.DivideUp(diskLength, blockBytes);
        long chunks = Sector.DivideUp(blocks, chunkBlocks);
        long entries = hasParent ? chunks * (chunkBlocks + 1L) : blocks + (blocks - 1) / chunkBlocks;
        return new VhdxShape(diskLength, blockBytes, sectorBytes, chunkBlocks, blocks, chunks, entries);
    }

    /// <summary>The table's entry of a payload block.</summary>
    internal long EntryOfBlock(long block) => block + block / ChunkBlocks;

    /// <summary>The table's entry of the sector bitmap block of a chunk.</summary>
    internal long EntryOfBitmap(long chunk) => (chunk + 1) * (ChunkBlocks + 1L) - 1;

    /// <summary>Which chunks have a stored block.</summary>
    internal RankedBits ChunksOf(AllocationMap blocks)
    {
        ulong[] words = RankedBits.NewWords(Chunks);
        for (long block = blocks.NextAllocated(0); block < blocks.GranuleCount;)
        {
            long chunk = block / ChunkBlocks;
            RankedBits.Set(words, chunk, chunk);
            block = blocks.NextAllocated(Math.Min((chunk + 1) * ChunkBlocks, blocks.GranuleCount));
        }

        return new RankedBits(words, Chunks);
    }
}
