using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Qcow2;

/// <summary>Looks the clusters of the disk up in the two levels of tables, of which windows are in memory.</summary>
internal sealed class Qcow2Clusters(Qcow2Image image)
{
    private TableWindow? _table;

    /// <summary>The L2 entry of a cluster of the disk; 0 when there is no L2 table for it.</summary>
    /// <exception cref="ImageFormatException">The table is not in the file.</exception>
    internal ulong this[long cluster] =>
        Table(cluster / image.EntriesPerTable)?[cluster % image.EntriesPerTable] ?? 0;

    /// <summary>The first cluster at or after this one that has an L2 table, but at most so many tables on.</summary>
    internal long SkipTables(long cluster, int maxTables)
    {
        long index = cluster / image.EntriesPerTable;
        long end = Math.Min(image.L1.Count, index + maxTables);
        long first = index;
        while (first < end && (image.L1[first] & Qcow2Entry.OffsetMask) == 0)
        {
            first++;
        }

        return first == index ? cluster : first * image.EntriesPerTable;
    }

    private TableWindow? Table(long index)
    {
        long offset = (long)(image.L1[index] & Qcow2Entry.OffsetMask);
        if (offset == 0)
        {
            return null;
        }

        if (offset % image.ClusterBytes != 0)
        {
            throw Qcow2Image.Malformed(
                image.File, image.L1.OffsetOf(index), $"L1 entry {index}", "the start of a cluster", $"{offset}");
        }

        if (_table?.FileOffset != offset)
        {
            _table = new TableWindow(
                image.File, offset, image.EntriesPerTable, Qcow2Shape.EntryBytes, isBigEndian: true, "L2 table");
        }

        return _table;
    }
}
