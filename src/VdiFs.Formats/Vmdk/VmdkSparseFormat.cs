using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vmdk;

/// <summary>VMDK in one sparse file (monolithicSparse): only the grains that are allocated, or changed.</summary>
internal sealed class VmdkSparseFormat : ImageFormat
{
    /// <inheritdoc/>
    public override string Name => "vmdk";

    /// <inheritdoc/>
    public override bool IsListedByDefault => true;

    /// <inheritdoc/>
    public override bool IsPacked => true;

    /// <inheritdoc/>
    public override bool HasDeltas => true;

    // The file's own limit comes first unless it is sparse.
    private protected override long MaxDiskLength => VmdkLimits.MaxDiskLength;

    private protected override long MinDiskLength => 1;

    private protected override string? RefusalForAllocation(AllocationMap map) => VmdkLimits.RefusalForFile(
        Name, VmdkSparseShape.Of(map.WithGranule(VmdkSparseLayout.GrainBytes)).FileLength);

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        VmdkSparseLayout.Create(map, map, Descriptor(identity, map, FileName));

    private protected override bool IsParent(ImageFormat format) => format is VmdkSparseFormat or VmdkFlatFormat;

    private protected override ImageLayout LayOutDelta(
        DiskIdentity identity, AllocationMap map, AllocationMap changed, ParentImage parent) =>
        VmdkSparseLayout.Create(
            map, changed, Descriptor(identity, map, parent.ChildFileName ?? FileName).WithParent(parent));

    private VmdkDescriptor Descriptor(DiskIdentity identity, AllocationMap map, string fileName) =>
        VmdkDescriptor.OfSparse(identity, Name, VmdkCreateType.Sparse, map.DiskLength, fileName);
}
