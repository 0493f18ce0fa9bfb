using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// Where the parts of a streamOptimized VMDK lie, in sectors of the file. Grain tables stand behind the grains that they
/// speak for, and those without a grain do not exist.
/// </summary>
/// <param name="grains">The disk in grains.</param>
internal sealed class VmdkStreamShape(AllocationMap grains)
{
    /// <summary>Header and descriptor, up to a whole grain.</summary>
    public const long OverHead = VmdkStreamGrain.GrainBytes / Sector.Bytes;

    /// <summary>A marker and the table.</summary>
    public const int TrailerSectors = 1 + VmdkSparseShape.GrainTableSectors;

    private const long BytesPerTable = (long)VmdkSparseShape.GrainTableEntries * VmdkStreamGrain.GrainBytes;

    // The directory's marker; the footer's marker, the footer, the end of the stream.
    private const long MarkersAndFooter = 4;

    public AllocationMap Grains { get; } = grains;

    /// <summary>The disk in the stretches that one grain table speaks for.</summary>
    public AllocationMap Tables { get; } = grains.WithGranule((int)BytesPerTable);

    /// <summary>Sectors of the grain directory.</summary>
    public long DirectorySectors => Sector.DivideUp(Tables.GranuleCount, VmdkSparseShape.EntriesPerSector);

    /// <summary>Sectors of all grains and grain tables.</summary>
    public long BodySectors =>
        (Grains.AllocatedGranules * VmdkStreamGrain.RecordSectors) + (Tables.AllocatedGranules * TrailerSectors);

    /// <summary>The sector of the grain directory.</summary>
    public long DirectorySector => OverHead + BodySectors + 1;

    /// <summary>The whole file, in bytes.</summary>
    public long FileLength => (OverHead + BodySectors + DirectorySectors + MarkersAndFooter) * Sector.Bytes;

    /// <summary>The sector of a grain table that exists.</summary>
    public long TableSector(long table)
    {
        long grainsUpToIt = Math.Min(Grains.GranuleCount, (table + 1) * VmdkSparseShape.GrainTableEntries);
        return OverHead + (Grains.Rank(grainsUpToIt) * VmdkStreamGrain.RecordSectors)
            + (Tables.Rank(table) * TrailerSectors) + 1;
    }
}
