using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vhd;

/// <summary>
/// Dynamic VHD: only the data blocks that are allocated; as a delta, those that differ from the parent. Aligned, with
/// every data block on a page of the file, or packed, as Xen Orchestra writes it and DiscUtils' checker demands it.
/// </summary>
internal sealed class VhdDynamicFormat(bool isPacked) : ImageFormat
{
    internal const string AlignedName = "vhd";
    internal const string PackedName = "packed.vhd";

    /// <inheritdoc/>
    public override string Name => isPacked ? PackedName : AlignedName;

    /// <inheritdoc/>
    public override bool IsListedByDefault => !isPacked;

    /// <inheritdoc/>
    public override bool IsPacked => true;

    /// <inheritdoc/>
    public override bool HasDeltas => true;

    private protected override long MaxDiskLength => VhdLimits.MaxDiskLength;

    private protected override long MinDiskLength => 1;

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        VhdDynamicLayout.Create(VhdIds.Of(identity, Name), identity.SnapshotTime, map, map, isPacked);

    private protected override bool IsParent(ImageFormat format) => format is VhdDynamicFormat or VhdFixedFormat;

    private protected override ImageLayout LayOutDelta(
        DiskIdentity identity, AllocationMap map, AllocationMap changed, ParentImage parent)
    {
        Guid uniqueId = VhdIds.Of(identity, Name);
        VhdParentReference reference = new(
            VhdIds.Of(parent.Identity, parent.Format.Name),
            VhdFooter.TimestampOf(parent.Identity.SnapshotTime),
            parent.FileName);
        if (reference.UniqueId == uniqueId)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.ParentRefused,
                $"Disk and parent both have the uuid {uniqueId}, and a VHD finds its parent by that alone.");
        }

        return VhdDynamicLayout.Create(uniqueId, identity.SnapshotTime, map, changed, isPacked, reference);
    }
}
