using System.Buffers.Binary;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vhdx;

/// <summary>
/// file type identifier | two headers | two region tables | empty log | metadata | block allocation table | sector
/// bitmap blocks of a delta | payload blocks in disk order; each of these from a border of 1 MiB on, but for the first
/// three, which have their places in the first. All integers are little-endian.
/// </summary>
internal static class VhdxLayout
{
    internal const uint LogicalSectorBytes = 512;

    internal const uint PhysicalSectorBytes = 4096;

    internal const long FirstHeader = 64 * 1024;

    internal const long SecondHeader = 128 * 1024;

    internal const long FirstRegionTable = 192 * 1024;

    internal const long SecondRegionTable = 256 * 1024;

    /// <summary>HasParent of the file parameters.</summary>
    internal const uint HasParent = 2;

    /// <summary>
    /// The DataWriteGuid of the image of a disk, whether it is full or a delta: a child finds either by it.
    /// </summary>
    internal static Guid DataWriteOf(DiskIdentity identity) => DerivedId.Uuid(identity, VhdxFormat.FormatName, "data");

    /// <summary>The image of a disk of which these blocks are stored.</summary>
    /// <param name="dataWrite">The id that all others in the file come from.</param>
    /// <param name="map">Where the disk has data, in its finest granules.</param>
    /// <param name="blocks">The same disk in payload blocks: which are stored.</param>
    /// <param name="parent">Where the others are; null when they are zeros.</param>
    internal static ImageLayout Create(
        Guid dataWrite, AllocationMap map, AllocationMap blocks, VhdxParentLocator? parent)
    {
        VhdxShape shape = VhdxShape.Of(
            Sector.RoundUp(map.DiskLength, Sector.Bytes),
            blocks.GranuleBytes,
            (int)LogicalSectorBytes,
            parent is not null);
        RankedBits? chunks = parent is null ? null : shape.ChunksOf(blocks);
        long firstBitmap = VhdxShape.TableOffset + shape.TableBytes;
        long firstPayload = firstBitmap + (chunks?.Ones ?? 0) * VhdxShape.Alignment;

        byte[] identifier = new byte[VhdxFileIdentifier.Size];
        VhdxFileIdentifier.Write(identifier);
        List<Region> regions = [];
        Add(regions, FirstHeader, identifier);
        Add(regions, SecondHeader - FirstHeader, Header(dataWrite, 1));
        Add(regions, FirstRegionTable - SecondHeader, Header(dataWrite, 2));
        byte[] regionTable = RegionTable(shape);
        Add(regions, SecondRegionTable - FirstRegionTable, regionTable);
        // The log, all zeros, follows.
        Add(regions, VhdxShape.MetadataOffset - SecondRegionTable, regionTable);
        (byte[] table, byte[] items) = Metadata(dataWrite, shape, parent);
        Add(regions, VhdxMetadataTable.Size, table);
        Add(regions, VhdxShape.TableOffset - VhdxShape.MetadataOffset - VhdxMetadataTable.Size, items);
        regions.Add(new VhdxBatRegion(shape, blocks, chunks, firstBitmap, firstPayload));
        if (chunks is not null)
        {
            regions.Add(new VhdxSectorBitmapRegion(shape, blocks, chunks));
        }

        regions.Add(RecordRegion.OfBarePieces(new SparseDisk(map), blocks));
        return new RegionLayout(regions);
    }

    /// <summary>Bytes, without the zeros that they may end with, and zeros up to a length.</summary>
    private static void Add(List<Region> regions, long length, byte[] bytes)
    {
        int end = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        regions.Add(new ConstantRegion(bytes[..end]));
        regions.Add(new ZeroRegion(length - end));
    }

    private static byte[] Header(Guid dataWrite, ulong sequenceNumber)
    {
        byte[] bytes = new byte[VhdxHeader.Size];
        new VhdxHeader(
            sequenceNumber,
            IdFor(dataWrite, "file"),
            dataWrite,
            Guid.Empty,
            LogVersion: 0,
            VhdxShape.Alignment,
            (ulong)VhdxShape.LogOffset).Write(bytes);
        return bytes;
    }

    private static byte[] RegionTable(VhdxShape shape)
    {
        byte[] bytes = new byte[VhdxRegionTable.Size];
        new VhdxRegionTable(
        [
            new VhdxRegionEntry(
                VhdxRegionEntry.Metadata,
                (ulong)VhdxShape.MetadataOffset,
                VhdxShape.Alignment,
                VhdxRegionEntry.Required),
            new VhdxRegionEntry(
                VhdxRegionEntry.BlockAllocationTable,
                (ulong)VhdxShape.TableOffset,
                (uint)shape.TableBytes,
                VhdxRegionEntry.Required),
        ]).Write(bytes);
        return bytes;
    }

    private static (byte[] Table, byte[] Items) Metadata(Guid dataWrite, VhdxShape shape, VhdxParentLocator? parent)
    {
        List<VhdxMetadataEntry> entries = [];
        List<byte> items = [];

        byte[] parameters = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteInt32LittleEndian(parameters, shape.BlockBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(parameters.AsSpan(sizeof(uint)), parent is null ? 0 : HasParent);
        Item(VhdxMetadataEntry.FileParameters, VhdxMetadataEntry.Required, parameters);
        byte[] size = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteInt64LittleEndian(size, shape.DiskLength);
        Item(VhdxMetadataEntry.VirtualDiskSize, VhdxMetadataEntry.RequiredOfDisk, size);
        byte[] id = IdFor(dataWrite, "disk").ToByteArray();
        Item(VhdxMetadataEntry.VirtualDiskId, VhdxMetadataEntry.RequiredOfDisk, id);
        Item(VhdxMetadataEntry.LogicalSectorSize, VhdxMetadataEntry.RequiredOfDisk, Number(LogicalSectorBytes));
        Item(VhdxMetadataEntry.PhysicalSectorSize, VhdxMetadataEntry.RequiredOfDisk, Number(PhysicalSectorBytes));
        if (parent is not null)
        {
            Item(VhdxMetadataEntry.ParentLocator, VhdxMetadataEntry.Required, parent.ToBytes());
        }

        byte[] table = new byte[VhdxMetadataTable.Size];
        new VhdxMetadataTable(entries).Write(table);
        return (table, [.. items]);

        void Item(Guid itemId, uint flags, byte[] bytes)
        {
            uint offset = (uint)(VhdxMetadataTable.Size + items.Count);
            entries.Add(new VhdxMetadataEntry(itemId, offset, (uint)bytes.Length, flags));
            items.AddRange(bytes);
        }
    }

    private static byte[] Number(uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>
    /// The other ids come from the DataWriteGuid, which has a checksum: so a checker finds out when one was changed.
    /// </summary>
    private static Guid IdFor(Guid dataWrite, string role) =>
        DerivedId.Uuid(new DiskIdentity(dataWrite, DateTimeOffset.UnixEpoch), VhdxFormat.FormatName, role);
}
