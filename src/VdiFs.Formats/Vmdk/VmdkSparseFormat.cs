using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vmdk;

/// <summary>VMDK in one sparse file (monolithicSparse): only the grains that are allocated.</summary>
internal sealed class VmdkSparseFormat : ImageFormat
{
    /// <inheritdoc/>
    public override string Name => "vmdk";

    /// <inheritdoc/>
    public override bool IsListedByDefault => true;

    /// <inheritdoc/>
    public override bool IsPacked => true;

    // Grain tables count sectors in 32 bits: the file must stay below 2 TiB with every grain allocated.
    private protected override long MaxDiskLength => 2040 * BytesPerGibibyte;

    private protected override long MinDiskLength => 1;

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        VmdkSparseLayout.Create(identity, map, Name, FileName);
}
