using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vhd;

/// <summary>Dynamic VHD: only the data blocks that are allocated.</summary>
internal sealed class VhdDynamicFormat : ImageFormat
{
    /// <inheritdoc/>
    public override string Name => "vhd";

    /// <inheritdoc/>
    public override bool IsListedByDefault => true;

    /// <inheritdoc/>
    public override bool IsPacked => true;

    private protected override long MaxDiskLength => VhdLimits.MaxDiskLength;

    private protected override long MinDiskLength => 1;

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        VhdDynamicLayout.Create(identity, map);
}
