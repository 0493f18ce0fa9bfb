using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vhd;

/// <summary>
/// footer copy | dynamic header | block allocation table | pad | (sector bitmap | data block | pad) per allocated block
/// in disk order | footer. All integers are big-endian.
/// </summary>
internal static class VhdDynamicLayout
{
    /// <summary>The only size of data block that every reader takes.</summary>
    internal const int DataBlockBytes = 2 * 1024 * 1024;

    /// <summary>One bit per sector of a data block.</summary>
    internal const int SectorBitmapBytes = DataBlockBytes / Sector.Bytes / 8;

    private const int DataAlignment = 4096;
    private const int TableEntryBytes = sizeof(uint);
    private const int TableOffset = VhdFooter.Size + VhdDynamicHeader.Size;

    // Data starts on a page of the file: the page cache, sparse copies and deduplication all gain by it.
    private const long RecordStride = DataBlockBytes + DataAlignment;

    internal static ImageLayout Create(DiskIdentity identity, AllocationMap map)
    {
        AllocationMap blocks = map.WithGranule(DataBlockBytes);
        long tableBytes = Sector.RoundUp(blocks.GranuleCount * TableEntryBytes, Sector.Bytes);
        long tableEnd = TableOffset + tableBytes;
        long firstBitmap = Sector.RoundUp(tableEnd + SectorBitmapBytes, DataAlignment) - SectorBitmapBytes;
        // Forward-only readers expect the footer right behind the last block, or behind the table when there is none.
        long pad = blocks.AllocatedGranules == 0 ? 0 : firstBitmap - tableEnd;

        byte[] footer = Footer(identity, map.DiskLength);
        byte[] header = new byte[VhdDynamicHeader.Size];
        new VhdDynamicHeader(TableOffset, (uint)blocks.GranuleCount, DataBlockBytes).Write(header);
        byte[] sectorBitmap = new byte[SectorBitmapBytes];
        sectorBitmap.AsSpan().Fill(0xFF);
        return new RegionLayout(
        [
            new ConstantRegion(footer),
            new ConstantRegion(header),
            new PieceTableRegion(
                blocks,
                tableBytes / TableEntryBytes,
                new PlaceCode(
                    TableEntryBytes,
                    IsBigEndian: true,
                    (ulong)firstBitmap / Sector.Bytes,
                    RecordStride / Sector.Bytes,
                    EmptyByte: 0xFF)),
            new ZeroRegion(pad),
            new RecordRegion(
                new SparseDisk(map),
                blocks,
                isLastPadded: false,
                RecordPart.Constant(sectorBitmap),
                RecordPart.Data(0, DataBlockBytes),
                RecordPart.Zeros((int)RecordStride - DataBlockBytes - SectorBitmapBytes)),
            new ConstantRegion(footer),
        ]);
    }

    private static byte[] Footer(DiskIdentity identity, long diskLength)
    {
        long sectors = Sector.Count(diskLength);
        byte[] bytes = new byte[VhdFooter.Size];
        // A chain of VHDs refers to the disk's own uuid, so this image bears it.
        new VhdFooter(
            VhdFooter.Size,
            VhdFooter.TimestampOf(identity.SnapshotTime),
            (ulong)(sectors * Sector.Bytes),
            VhdGeometry.For(sectors),
            VhdDiskType.Dynamic,
            identity.Uuid).Write(bytes);
        return bytes;
    }
}
