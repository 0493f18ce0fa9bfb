namespace VdiFs.Pool.Exports;

/// <summary>Where the parts of a qcow2 stream lie, in clusters.</summary>
/// <param name="FirstLevelEntries">Entries of the L1 table.</param>
/// <param name="Tables">Indexes of the L2 tables that exist, ascending.</param>
/// <param name="DataClusters">Clusters of data.</param>
/// <param name="RefcountTableClusters">Clusters of the refcount table.</param>
/// <param name="RefcountBlockClusters">Clusters of refcounts.</param>
internal sealed record Qcow2Shape(
    long FirstLevelEntries,
    IReadOnlyList<long> Tables,
    long DataClusters,
    long RefcountTableClusters,
    long RefcountBlockClusters)
{
    private const long EntriesPerCluster = Qcow2Stream.ClusterBytes / sizeof(ulong);
    private const long RefcountsPerCluster = Qcow2Stream.ClusterBytes / sizeof(ushort);

    internal long FirstLevelClusters => DivideUp(FirstLevelEntries, EntriesPerCluster);

    internal long FirstLevelCluster => 1 + RefcountTableClusters + RefcountBlockClusters;

    internal long FirstTableCluster => FirstLevelCluster + FirstLevelClusters;

    internal long FirstDataCluster => FirstTableCluster + Tables.Count;

    internal long TotalClusters => FirstDataCluster + DataClusters;

    /// <summary>The smallest shape whose refcounts cover it whole.</summary>
    internal static Qcow2Shape Of(long length, IReadOnlyList<long> granules)
    {
        long entries = DivideUp(length, EntriesPerCluster * Qcow2Stream.ClusterBytes);
        long[] tables = [.. granules.Select(granule => granule / EntriesPerCluster).Distinct()];
        Qcow2Shape shape = new(entries, tables, granules.Count, 1, 1);
        while (true)
        {
            long blocks = DivideUp(shape.TotalClusters, RefcountsPerCluster);
            long table = DivideUp(blocks, EntriesPerCluster);
            if (blocks == shape.RefcountBlockClusters && table == shape.RefcountTableClusters)
            {
                return shape;
            }

            shape = shape with { RefcountBlockClusters = blocks, RefcountTableClusters = table };
        }
    }

    private static long DivideUp(long value, long unit) => (value + unit - 1) / unit;
}
