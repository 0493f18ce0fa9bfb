using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vhdx;

/// <summary>
/// VHDX: only the payload blocks that are allocated. A disk need only be whole sectors (others are padded), also where
/// it is no multiple of 1024 bytes, which 7-Zip alone refuses.
/// </summary>
internal sealed class VhdxFormat : ImageFormat
{
    internal const string FormatName = "vhdx";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override bool IsListedByDefault => false;

    /// <inheritdoc/>
    public override bool IsPacked => true;

    /// <inheritdoc/>
    public override bool HasDeltas => true;

    private protected override long MaxDiskLength => VhdxShape.MaxDiskLength;

    private protected override long MinDiskLength => 1;

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        VhdxLayout.Create(
            VhdxLayout.DataWriteOf(identity),
            map,
            map.WithGranule(VhdxShape.BlockBytesFor(map.DiskLength)),
            parent: null);

    private protected override ImageLayout LayOutDelta(
        DiskIdentity identity, AllocationMap map, AllocationMap changed, ParentImage parent) =>
        VhdxLayout.Create(
            VhdxLayout.DataWriteOf(identity),
            map,
            changed.WithGranule(VhdxShape.BlockBytesFor(map.DiskLength)),
            VhdxParentLocator.OfSibling(VhdxLayout.DataWriteOf(parent.Identity), parent.FileName));
}
