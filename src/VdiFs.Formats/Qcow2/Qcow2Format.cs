using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Qcow2;

/// <summary>QCOW2 of version 3: only the clusters that are allocated; as a delta, on top of a QCOW2 or a raw image.</summary>
internal sealed class Qcow2Format : ImageFormat
{
    // What qemu opens: a refcount table of 8 MiB (QCOW_MAX_REFTABLE_SIZE).
    private const long MaxRefcountTableClusters = 8 * 1024 * 1024 / Qcow2Shape.ClusterBytes;

    private const long MaxCountedClusters =
        MaxRefcountTableClusters * Qcow2Shape.EntriesPerCluster * Qcow2Shape.CountsPerBlock;

    /// <inheritdoc/>
    public override string Name => "qcow2";

    /// <inheritdoc/>
    public override bool IsListedByDefault => false;

    /// <inheritdoc/>
    public override bool IsPacked => true;

    /// <inheritdoc/>
    public override bool HasDeltas => true;

    // What qemu opens: an L1 table of 32 MiB (QCOW_MAX_L1_SIZE).
    private protected override long MaxDiskLength =>
        32 * 1024 * 1024 / Qcow2Shape.EntryBytes * (long)Qcow2Shape.BytesPerL2Table;

    private protected override long MinDiskLength => 1;

    private protected override string? RefusalForAllocation(AllocationMap map)
    {
        AllocationMap clusters = map.WithGranule(Qcow2Shape.ClusterBytes);
        Qcow2Shape shape = Qcow2Shape.Of(clusters, clusters.Coarsen(Qcow2Shape.BytesPerL2Table));
        return shape.RefcountTableClusters <= MaxRefcountTableClusters
            ? null
            : $"The disk has so much data that the file would have {shape.Clusters} clusters: the refcount table of a "
              + $"{Name} file stays within 8 MiB, which count {MaxCountedClusters} clusters "
              + $"({MaxCountedClusters * Qcow2Shape.ClusterBytes / BytesPerGibibyte} GiB).";
    }

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) => Qcow2Layout.Create(map);

    private protected override bool IsParent(ImageFormat format) => format == this || format is Raw.RawFormat;

    private protected override ImageLayout LayOutDelta(
        DiskIdentity identity, AllocationMap map, AllocationMap changed, ParentImage parent) =>
        Qcow2Layout.Create(map, changed, parent);
}
