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

    /// <summary>A disk, or what of it differs from a parent.</summary>
    /// <param name="map">Which parts of the disk hold data.</param>
    /// <param name="stored">Which parts the file has grains for: all that hold data, or all that changed.</param>
    /// <param name="descriptor">What it says of itself.</param>
    internal static ImageLayout Create(AllocationMap map, AllocationMap stored, VmdkDescriptor descriptor)
    {
        AllocationMap grains = stored.WithGranule(GrainBytes);
        long capacity = Sector.Count(map.DiskLength);
        VmdkSparseShape shape = VmdkSparseShape.Of(grains);

        byte[] front = new byte[shape.RedundantOffset * Sector.Bytes];
        new VmdkSparseHeader(
            (ulong)capacity,
            GrainSectors,
            VmdkSparseShape.DescriptorOffset,
            VmdkSparseShape.DescriptorSectors,
            VmdkSparseShape.GrainTableEntries,
            (ulong)shape.RedundantOffset,
            (ulong)shape.PrimaryOffset,
            (ulong)shape.OverHead).Write(front);
        Encoding.ASCII.GetBytes(descriptor.ToText(), front.AsSpan(VmdkSparseShape.DescriptorOffset * Sector.Bytes));

        PieceTableRegion grainTables = new(
            grains,
            shape.Tables * VmdkSparseShape.GrainTableEntries,
            new PlaceCode(sizeof(uint), IsBigEndian: false, (ulong)shape.OverHead, GrainSectors));
        return new RegionLayout(
        [
            new ConstantRegion(front),
            Directory(shape.RedundantOffset),
            grainTables,
            Directory(shape.PrimaryOffset),
            grainTables,
            new ZeroRegion((shape.OverHead - shape.End) * Sector.Bytes),
            RecordRegion.OfBarePieces(new SparseDisk(map), grains),
        ]);

        VmdkGrainDirectory Directory(long sector) => new(
            shape.DirectorySectors * VmdkSparseShape.EntriesPerSector,
            shape.Tables,
            sector + shape.DirectorySectors,
            VmdkSparseShape.GrainTableSectors);
    }
}
