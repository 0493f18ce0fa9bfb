using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vmdk;

/// <summary>VMDK in one file that can be read front to back (streamOptimized), its grains stored and not
/// compressed.</summary>
internal sealed class VmdkStreamFormat : ImageFormat
{
    /// <inheritdoc/>
    public override string Name => "stream.vmdk";

    /// <inheritdoc/>
    public override bool IsListedByDefault => false;

    /// <inheritdoc/>
    public override bool IsPacked => true;

    // The file's own limit comes first unless it is sparse.
    private protected override long MaxDiskLength => VmdkLimits.MaxDiskLength;

    private protected override long MinDiskLength => 1;

    private protected override string? RefusalForAllocation(AllocationMap map) => VmdkLimits.RefusalForFile(
        Name, new VmdkStreamShape(map.WithGranule(VmdkStreamGrain.GrainBytes)).FileLength);

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        VmdkStreamLayout.Create(
            map, VmdkDescriptor.OfSparse(identity, Name, VmdkCreateType.Stream, map.DiskLength, FileName));
}
