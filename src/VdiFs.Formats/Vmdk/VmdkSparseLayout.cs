using System.Text;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// header | descriptor | redundant grain directory | redundant grain tables | grain directory | grain tables | pad |
/// allocated grains in disk order. Both directories say the same grains: VirtualBox compares them.
/// </summary>
internal static class VmdkSparseLayout
{
    /// <summary>The usual grain; libvmdk cannot read smaller ones, open-vmdk not larger ones.</summary>
    internal const int GrainBytes = 64 * 1024;

    private const int GrainSectors = GrainBytes / Sector.Bytes;
    private const int GrainTableEntries = 512;
    private const int EntryBytes = sizeof(uint);
    private const int EntriesPerSector = Sector.Bytes / EntryBytes;
    private const int GrainTableSectors = GrainTableEntries / EntriesPerSector;
    private const int DescriptorOffset = 1;

    // Room to grow: VirtualBox rewrites descriptors in place.
    private const int DescriptorSectors = 20;

    internal static ImageLayout Create(DiskIdentity identity, AllocationMap map, string formatName, string extentName)
    {
        AllocationMap grains = map.WithGranule(GrainBytes);
        long capacity = Sector.Count(map.DiskLength);
        long tables = Sector.DivideUp(grains.GranuleCount, GrainTableEntries);
        long directorySectors = Sector.DivideUp(tables, EntriesPerSector);
        long redundantOffset = DescriptorOffset + DescriptorSectors;
        long primaryOffset = redundantOffset + directorySectors + tables * GrainTableSectors;
        long end = primaryOffset + directorySectors + tables * GrainTableSectors;
        long overHead = Sector.RoundUp(end, GrainSectors);

        byte[] front = new byte[redundantOffset * Sector.Bytes];
        new VmdkSparseHeader(
            (ulong)capacity,
            GrainSectors,
            DescriptorOffset,
            DescriptorSectors,
            GrainTableEntries,
            (ulong)redundantOffset,
            (ulong)primaryOffset,
            (ulong)overHead).Write(front);
        string descriptor = VmdkDescriptor.Create(identity, capacity, formatName, extentName);
        Encoding.ASCII.GetBytes(descriptor, front.AsSpan(DescriptorOffset * Sector.Bytes));

        BlockTableRegion grainTables = new(
            grains, tables * GrainTableEntries, overHead, GrainSectors, emptyByte: 0, isBigEndian: false);
        return new RegionLayout(
        [
            new ConstantRegion(front),
            Directory(redundantOffset),
            grainTables,
            Directory(primaryOffset),
            grainTables,
            new ZeroRegion((overHead - end) * Sector.Bytes),
            new BlockRegion(new SparseDisk(map), grains, [], GrainBytes),
        ]);

        VmdkGrainDirectory Directory(long sector) =>
            new(directorySectors * EntriesPerSector, tables, sector + directorySectors, GrainTableSectors);
    }
}
