using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vmdk;

/// <summary>The disk's bytes in whole sectors, for the descriptor beside it (<see cref="VmdkFlatFormat"/>). Unallocated
/// granules are holes of the file.</summary>
internal sealed class VmdkFlatExtentFormat : ImageFormat
{
    internal const string ExtentFileName = "disk-flat.vmdk";

    /// <inheritdoc/>
    public override string Name => "flat.vmdk.extent";

    /// <inheritdoc/>
    public override string ChosenBy => VmdkFlatFormat.FormatName;

    /// <inheritdoc/>
    public override string FileName => ExtentFileName;

    /// <inheritdoc/>
    public override bool IsListedByDefault => false;

    /// <inheritdoc/>
    public override bool IsPacked => false;

    private protected override long MaxDiskLength => VmdkLimits.MaxDiskLength;

    private protected override long MinDiskLength => 1;

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        new RegionLayout([new DiskRegion(new SparseDisk(map), Sector.Count(map.DiskLength) * Sector.Bytes)]);
}
