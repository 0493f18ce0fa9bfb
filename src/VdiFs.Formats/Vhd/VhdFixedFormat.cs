using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vhd;

/// <summary>Fixed VHD: the whole disk and a footer.</summary>
internal sealed class VhdFixedFormat : ImageFormat
{
    internal const string FormatName = "fixed.vhd";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override bool IsListedByDefault => false;

    /// <inheritdoc/>
    public override bool IsPacked => false;

    private protected override long MaxDiskLength => VhdLimits.MaxDiskLength;

    private protected override long MinDiskLength => 1;

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        VhdFixedLayout.Create(identity, map, Name);
}
