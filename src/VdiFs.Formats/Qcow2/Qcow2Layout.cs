using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Qcow2;

/// <summary>
/// header cluster | refcount table | refcount blocks | L1 table | L2 tables that have an entry | stored clusters in disk
/// order: the order in which XAPI and Xen Orchestra write, and the one that they can read forward only. Every
/// cluster is counted once and marked as copied.
/// </summary>
internal static class Qcow2Layout
{
    internal static ImageLayout Create(AllocationMap map) => Create(map, map, parent: null);

    /// <summary>Stores what is allocated in <paramref name="stored"/>, with the content of <paramref name="map"/>.</summary>
    internal static ImageLayout Create(AllocationMap map, AllocationMap stored, ParentImage? parent)
    {
        AllocationMap clusters = stored.WithGranule(Qcow2Shape.ClusterBytes);
        AllocationMap tables = clusters.Coarsen(Qcow2Shape.BytesPerL2Table);
        Qcow2Shape shape = Qcow2Shape.Of(clusters, tables);
        return new RegionLayout(
        [
            new ConstantRegion(Qcow2Front.Write(map.DiskLength, shape, NameOf(parent))),
            new PieceTableRegion(
                Every(shape.RefcountBlocks),
                shape.RefcountTableClusters * Qcow2Shape.EntriesPerCluster,
                Entries(shape.FirstRefcountBlock, flags: 0)),
            new PieceTableRegion(
                Every(shape.Clusters),
                shape.RefcountBlocks * Qcow2Shape.CountsPerBlock,
                new PlaceCode(Qcow2Shape.CountBytes, IsBigEndian: true, First: 1, Step: 0)),
            new PieceTableRegion(
                tables,
                shape.L1Clusters * Qcow2Shape.EntriesPerCluster,
                Entries(shape.FirstL2Table, Qcow2Entry.Copied)),
            new StoredTablesRegion(clusters, tables, Entries(shape.FirstData, Qcow2Entry.Copied)),
            RecordRegion.OfBarePieces(new SparseDisk(map), clusters),
        ]);
    }

    private static Qcow2Parent? NameOf(ParentImage? parent) =>
        parent is null ? null : new Qcow2Parent(parent.FileName, parent.Format.Name);

    private static PlaceCode Entries(long firstCluster, ulong flags) =>
        new(
            Qcow2Shape.EntryBytes,
            IsBigEndian: true,
            (ulong)(firstCluster * Qcow2Shape.ClusterBytes) | flags,
            Qcow2Shape.ClusterBytes);

    /// <summary>So many clusters of the file, none of which is missing.</summary>
    private static AllocationMap Every(long count) =>
        AllocationMap.Full(count * Qcow2Shape.ClusterBytes, Qcow2Shape.ClusterBytes);
}
