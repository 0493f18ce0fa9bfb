using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vdi;

/// <summary>
/// header | map | pad | stored blocks in disk order. An entry of the map is the number of the stored block. Data starts at
/// a multiple of a block: qemu reads none that does not start at a sector.
/// </summary>
internal static class VdiLayout
{
    /// <summary>The only size that VirtualBox and qemu take.</summary>
    internal const int DataBlockBytes = 1024 * 1024;

    internal const int MapOffset = VdiHeader.Size;
    internal const int MapEntryBytes = sizeof(uint);

    /// <summary>Roles of the ids that an image and its deltas share (<see cref="DerivedId"/>).</summary>
    private const string ImageRole = "image";

    private const string ModificationRole = "modification";

    /// <summary>Where the first stored block is, behind a map of so many entries.</summary>
    internal static long DataOffset(long mapEntries) =>
        Sector.RoundUp(MapOffset + mapEntries * MapEntryBytes, DataBlockBytes);

    internal static ImageLayout Create(DiskIdentity identity, AllocationMap map, string formatName) =>
        Create(identity, map, map, formatName, parent: null);

    /// <summary>Stores what is allocated in <paramref name="stored"/>, with the content of <paramref name="map"/>.</summary>
    internal static ImageLayout Create(
        DiskIdentity identity, AllocationMap map, AllocationMap stored, string formatName, ParentImage? parent)
    {
        AllocationMap blocks = stored.WithGranule(DataBlockBytes);
        long dataOffset = DataOffset(blocks.GranuleCount);
        byte[] header = new byte[VdiHeader.Size];
        new VdiHeader
        {
            ImageType = parent is null ? VdiImageType.Dynamic : VdiImageType.Differencing,
            MapOffset = MapOffset,
            DataOffset = (uint)dataOffset,
            DiskLength = (ulong)Sector.RoundUp(map.DiskLength, Sector.Bytes),
            DataBlockBytes = DataBlockBytes,
            MapEntries = (uint)blocks.GranuleCount,
            StoredBlocks = (uint)blocks.AllocatedGranules,
            ImageId = DerivedId.Uuid(identity, formatName, ImageRole),
            ModificationId = DerivedId.Uuid(identity, formatName, ModificationRole),
            ParentImageId = IdOf(parent, formatName, ImageRole),
            ParentModificationId = IdOf(parent, formatName, ModificationRole),
        }.Write(header);
        return new RegionLayout(
        [
            new ConstantRegion(header),
            new PieceTableRegion(
                blocks,
                blocks.GranuleCount,
                new PlaceCode(MapEntryBytes, IsBigEndian: false, First: 0, Step: 1, EmptyByte: 0xFF)),
            new ZeroRegion(dataOffset - MapOffset - (blocks.GranuleCount * MapEntryBytes)),
            RecordRegion.OfBarePieces(new SparseDisk(map), blocks),
        ]);
    }

    private static Guid IdOf(ParentImage? parent, string formatName, string role) =>
        parent is null ? Guid.Empty : DerivedId.Uuid(parent.Identity, formatName, role);
}
