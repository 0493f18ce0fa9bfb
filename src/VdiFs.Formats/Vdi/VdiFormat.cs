using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vdi;

/// <summary>VirtualBox's own format: only the blocks that are allocated; as a delta, for VirtualBox alone.</summary>
internal sealed class VdiFormat : ImageFormat
{
    // Behind the map, the place of the first block still fits into 32 bits. (qemu opens 2 to the 30, less one.)
    private const long MaxDataBlocks =
        ((1L << 32) - VdiLayout.DataBlockBytes - VdiLayout.MapOffset) / VdiLayout.MapEntryBytes;

    /// <inheritdoc/>
    public override string Name => "vdi";

    /// <inheritdoc/>
    public override bool IsListedByDefault => false;

    /// <inheritdoc/>
    public override bool IsPacked => true;

    /// <inheritdoc/>
    public override bool HasDeltas => true;

    private protected override long MaxDiskLength => MaxDataBlocks * VdiLayout.DataBlockBytes;

    private protected override long MinDiskLength => 1;

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        VdiLayout.Create(identity, map, Name);

    private protected override ImageLayout LayOutDelta(
        DiskIdentity identity, AllocationMap map, AllocationMap changed, ParentImage parent) =>
        VdiLayout.Create(identity, map, changed, Name, parent);
}
