using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vhd;

/// <summary>The disk, zeros up to a whole sector, the footer. Unallocated granules are holes of the file.</summary>
internal static class VhdFixedLayout
{
    internal static ImageLayout Create(DiskIdentity identity, AllocationMap map, string formatName)
    {
        long sectors = Sector.Count(map.DiskLength);
        long size = sectors * Sector.Bytes;
        byte[] footer = new byte[VhdFooter.Size];
        new VhdFooter(
            VhdFooter.NoDataOffset,
            VhdFooter.TimestampOf(identity.SnapshotTime),
            (ulong)size,
            VhdGeometry.For(sectors),
            VhdDiskType.Fixed,
            VhdIds.Of(identity, formatName)).Write(footer);
        return new RegionLayout([new DiskRegion(new SparseDisk(map), size), new ConstantRegion(footer)]);
    }
}
