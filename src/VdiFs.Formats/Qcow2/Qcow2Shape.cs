using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Qcow2;

/// <summary>How many clusters each part of a QCOW2 takes; they follow each other in this order, behind the header.</summary>
/// <param name="RefcountTableClusters">The refcount table.</param>
/// <param name="RefcountBlocks">The refcount blocks, which count every cluster of the file, themselves too.</param>
/// <param name="L1Clusters">The L1 table.</param>
/// <param name="L2Tables">The L2 tables that have an entry.</param>
/// <param name="DataClusters">The clusters of the disk that are stored.</param>
internal readonly record struct Qcow2Shape(
    long RefcountTableClusters, long RefcountBlocks, long L1Clusters, long L2Tables, long DataClusters)
{
    /// <summary>The size that every writer uses by default and every reader takes.</summary>
    internal const int ClusterBytes = 1 << ClusterBits;

    internal const int ClusterBits = 16;
    internal const int EntryBytes = sizeof(ulong);
    internal const int EntriesPerCluster = ClusterBytes / EntryBytes;
    internal const int RefcountOrder = 4;
    internal const int CountBytes = (1 << RefcountOrder) / 8;
    internal const int CountsPerBlock = ClusterBytes / CountBytes;

    /// <summary>Bytes of disk that one L2 table speaks for.</summary>
    internal const int BytesPerL2Table = EntriesPerCluster * ClusterBytes;

    internal const long RefcountTable = 1;

    internal long FirstRefcountBlock => RefcountTable + RefcountTableClusters;

    internal long L1Table => FirstRefcountBlock + RefcountBlocks;

    internal long FirstL2Table => L1Table + L1Clusters;

    internal long FirstData => FirstL2Table + L2Tables;

    /// <summary>All clusters of the file.</summary>
    internal long Clusters => FirstData + DataClusters;

    /// <summary>The shape for a disk whose allocation is known cluster by cluster, and L2 table by L2 table.</summary>
    internal static Qcow2Shape Of(AllocationMap clusters, AllocationMap tables) =>
        Of(tables.GranuleCount, tables.AllocatedGranules, clusters.AllocatedGranules);

    /// <summary>The shape for so many entries of L1, of which some lead to an L2 table, and stored clusters.</summary>
    internal static Qcow2Shape Of(long l1Entries, long l2Tables, long dataClusters)
    {
        long l1Clusters = Sector.DivideUp(l1Entries, EntriesPerCluster);
        // The blocks count themselves and their table too: more of them until they suffice. Each step adds less than
        // a thirty thousandth of the one before.
        Qcow2Shape shape = new(0, 0, l1Clusters, l2Tables, dataClusters);
        while (true)
        {
            long blocks = Sector.DivideUp(shape.Clusters, CountsPerBlock);
            long tableClusters = Sector.DivideUp(blocks, EntriesPerCluster);
            if (blocks == shape.RefcountBlocks && tableClusters == shape.RefcountTableClusters)
            {
                return shape;
            }

            shape = shape with { RefcountBlocks = blocks, RefcountTableClusters = tableClusters };
        }
    }
}
