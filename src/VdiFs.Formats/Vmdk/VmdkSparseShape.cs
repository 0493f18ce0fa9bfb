using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vmdk;

/// <summary>Where the parts of a sparse VMDK lie, in sectors of the file.</summary>
/// <param name="Tables">How many grain tables each directory has.</param>
/// <param name="DirectorySectors">The length of each grain directory.</param>
/// <param name="RedundantOffset">The redundant grain directory; its tables follow.</param>
/// <param name="PrimaryOffset">The grain directory; its tables follow.</param>
/// <param name="End">Behind the last table.</param>
/// <param name="OverHead">The first grain.</param>
/// <param name="FileLength">The whole file, in bytes.</param>
internal readonly record struct VmdkSparseShape(
    long Tables,
    long DirectorySectors,
    long RedundantOffset,
    long PrimaryOffset,
    long End,
    long OverHead,
    long FileLength)
{
    public const int GrainTableEntries = 512;
    public const int EntriesPerSector = Sector.Bytes / sizeof(uint);
    public const int GrainTableSectors = GrainTableEntries / EntriesPerSector;
    public const int DescriptorOffset = 1;

    // Room to grow: VirtualBox rewrites descriptors in place.
    public const int DescriptorSectors = 20;

    /// <summary>The shape for a disk whose allocation is known grain by grain.</summary>
    public static VmdkSparseShape Of(AllocationMap grains)
    {
        int grainSectors = grains.GranuleBytes / Sector.Bytes;
        long tables = Sector.DivideUp(grains.GranuleCount, GrainTableEntries);
        long directorySectors = Sector.DivideUp(tables, EntriesPerSector);
        long redundantOffset = DescriptorOffset + DescriptorSectors;
        long primaryOffset = redundantOffset + directorySectors + tables * GrainTableSectors;
        long end = primaryOffset + directorySectors + tables * GrainTableSectors;
        long overHead = Sector.RoundUp(end, grainSectors);
        long fileLength = (overHead * Sector.Bytes) + (grains.AllocatedGranules * grains.GranuleBytes);
        return new VmdkSparseShape(
            tables, directorySectors, redundantOffset, primaryOffset, end, overHead, fileLength);
    }
}
