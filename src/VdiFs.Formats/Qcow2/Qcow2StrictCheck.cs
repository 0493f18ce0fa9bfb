using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Qcow2;

/// <summary>
/// Whether a QCOW2 is exactly as this product writes it. There every place follows from what is stored, so each table is
/// compared with the one that should be there, and nothing need be remembered.
/// </summary>
internal sealed class Qcow2StrictCheck
{
    private static readonly RecordField[] _fields =
    [
        new(0, 4, "magic"),
        new(4, 4, "version"),
        new(8, 8, "backing_file_offset"),
        new(16, 4, "backing_file_size"),
        new(20, 4, "cluster_bits"),
        new(24, 8, "size"),
        new(32, 4, "crypt_method"),
        new(36, 4, "l1_size"),
        new(40, 8, "l1_table_offset"),
        new(48, 8, "refcount_table_offset"),
        new(56, 4, "refcount_table_clusters"),
        new(60, 4, "nb_snapshots"),
        new(64, 8, "snapshots_offset"),
        new(72, 8, "incompatible_features"),
        new(80, 8, "compatible_features"),
        new(88, 8, "autoclear_features"),
        new(96, 4, "refcount_order"),
        new(100, 4, "header_length"),
        new(104, 1, "compression_type"),
    ];

    private readonly Qcow2Image _image;
    private readonly IImageBytes _file;
    private readonly long _l1Entries;

    internal Qcow2StrictCheck(Qcow2Image image)
    {
        _image = image;
        _file = image.File;
        _l1Entries = Sector.DivideUp(image.DiskLength, Qcow2Shape.BytesPerL2Table);
    }

    internal IEnumerable<ImageFault> Run()
    {
        // All else is measured in clusters.
        if (_image.Header.ClusterBits != Qcow2Shape.ClusterBits)
        {
            return [Fault(20, "header, cluster_bits", $"{Qcow2Shape.ClusterBits}", $"{_image.Header.ClusterBits}")];
        }

        if (ShapeOfFile() is not { } shape)
        {
            return
            [
                Fault(
                    _file.Length,
                    "end of the file",
                    "whole clusters of 64 KiB, as many as the tables say",
                    $"{_file.Length} bytes"),
            ];
        }

        return CheckHeader(shape)
            .Concat(CheckPlaces(shape))
            .Concat(CheckPadding(shape))
            .Concat(CheckRefcountTable(shape))
            .Concat(CheckRefcounts(shape));
    }

    /// <summary>The one shape that makes a file of this length; null if none does.</summary>
    private Qcow2Shape? ShapeOfFile()
    {
        (long clusters, long rest) = Math.DivRem(_file.Length, Qcow2Shape.ClusterBytes);
        long tables = 0;
        for (long index = 0; index < Math.Min(_l1Entries, _image.L1.Count); index++)
        {
            tables += _image.L1[index] == 0 ? 0 : 1;
        }

        long blocks = Sector.DivideUp(clusters, Qcow2Shape.CountsPerBlock);
        Qcow2Shape empty = Qcow2Shape.Of(_l1Entries, tables, 0) with
        {
            RefcountBlocks = blocks,
            RefcountTableClusters = Sector.DivideUp(blocks, Qcow2Shape.EntriesPerCluster),
        };
        if (rest != 0 || clusters < empty.Clusters)
        {
            return null;
        }

        Qcow2Shape shape = Qcow2Shape.Of(_l1Entries, tables, clusters - empty.Clusters);
        return shape.Clusters == clusters ? shape : null;
    }

    private IEnumerable<ImageFault> CheckHeader(Qcow2Shape shape)
    {
        byte[] found = new byte[Qcow2Shape.ClusterBytes];
        _file.Read(0, found);
        byte[] expected = Qcow2Front.Write(_image.DiskLength, shape, _image.Parent);
        int end = expected.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        RecordField extensions = new(Qcow2Header.Size, Math.Max(0, end - Qcow2Header.Size), "extensions and parent");
        return RecordField.Compare(_file, 0, "header", [.. _fields, extensions], expected, found);
    }

    /// <summary>The L1 table and the L2 tables: every place is the next one.</summary>
    private IEnumerable<ImageFault> CheckPlaces(Qcow2Shape shape)
    {
        TableWindow l1 = Table(shape.L1Table, shape.L1Clusters, Qcow2Shape.EntryBytes, "L1 table");
        long nextTable = shape.FirstL2Table;
        long nextData = shape.FirstData;
        for (long index = l1.NextOther(0, 0); index < l1.Count; index = l1.NextOther(index + 1, 0))
        {
            ulong expected = index < _l1Entries && nextTable < shape.FirstData ? Place(nextTable) : 0;
            if (l1[index] != expected)
            {
                yield return Fault(l1.OffsetOf(index), $"L1 entry {index}", Hex(expected), Hex(l1[index]));
            }

            if (nextTable == shape.FirstData)
            {
                continue;
            }

            TableWindow table = Table(nextTable++, 1, Qcow2Shape.EntryBytes, "L2 table");
            long stored = 0;
            foreach (ImageFault fault in CheckTable(table, index, nextData, count => stored = count))
            {
                yield return fault;
            }

            nextData += stored;
        }

        if (nextData != shape.Clusters)
        {
            yield return Fault(
                nextData * Qcow2Shape.ClusterBytes,
                "end of the file",
                $"{nextData} clusters, as many as the tables say",
                $"{shape.Clusters}");
        }
    }

    private IEnumerable<ImageFault> CheckTable(
        TableWindow table, long index, long firstData, Action<long> setStored)
    {
        long first = index * Qcow2Shape.EntriesPerCluster;
        long stored = 0;
        for (long entry = table.NextOther(0, 0); entry < table.Count; entry = table.NextOther(entry + 1, 0))
        {
            bool isOfDisk = first + entry < _image.DiskClusters;
            ulong expected = isOfDisk ? Place(firstData + stored) : 0;
            if (table[entry] != expected)
            {
                yield return Fault(
                    table.OffsetOf(entry), $"L2 entry of cluster {first + entry}", Hex(expected), Hex(table[entry]));
            }

            stored += isOfDisk ? 1 : 0;
        }

        if (stored == 0)
        {
            yield return Fault(table.FileOffset, $"L2 table of L1 entry {index}", "a cluster that is stored", "none");
        }

        setStored(stored);
    }

    /// <summary>What is stored behind the end of the disk, in its last cluster.</summary>
    private IEnumerable<ImageFault> CheckPadding(Qcow2Shape shape)
    {
        long rest = _image.DiskLength % Qcow2Shape.ClusterBytes;
        if (rest == 0 || shape.DataClusters == 0)
        {
            return [];
        }

        // If the disk's last cluster is stored, then in the last table, and as the last one.
        TableWindow l1 = Table(shape.L1Table, shape.L1Clusters, Qcow2Shape.EntryBytes, "L1 table");
        TableWindow table = Table(shape.FirstData - 1, 1, Qcow2Shape.EntryBytes, "L2 table");
        return l1[_l1Entries - 1] != 0
            && table[(_image.DiskClusters - 1) % Qcow2Shape.EntriesPerCluster] != 0
            && FixedBytes.Find(
                _file,
                (shape.Clusters - 1) * Qcow2Shape.ClusterBytes + rest,
                Qcow2Shape.ClusterBytes - rest,
                0,
                "padding behind the end of the disk") is { } fault
                ? [fault]
                : [];
    }

    private IEnumerable<ImageFault> CheckRefcountTable(Qcow2Shape shape)
    {
        TableWindow table = Table(
            Qcow2Shape.RefcountTable, shape.RefcountTableClusters, Qcow2Shape.EntryBytes, "refcount table");
        for (long index = 0; index < shape.RefcountBlocks; index++)
        {
            ulong expected = (ulong)((shape.FirstRefcountBlock + index) * Qcow2Shape.ClusterBytes);
            if (table[index] != expected)
            {
                yield return Fault(
                    table.OffsetOf(index), $"refcount table, entry {index}", Hex(expected), Hex(table[index]));
            }
        }

        for (long index = table.NextOther(shape.RefcountBlocks, 0);
            index < table.Count;
            index = table.NextOther(index + 1, 0))
        {
            yield return Fault(table.OffsetOf(index), $"refcount table, entry {index}", Hex(0), Hex(table[index]));
        }
    }

    private IEnumerable<ImageFault> CheckRefcounts(Qcow2Shape shape)
    {
        TableWindow counts = Table(
            shape.FirstRefcountBlock, shape.RefcountBlocks, Qcow2Shape.CountBytes, "refcount blocks");
        for (long cluster = NextWrong(0); cluster < counts.Count; cluster = NextWrong(cluster + 1))
        {
            yield return Fault(
                counts.OffsetOf(cluster),
                $"refcount of cluster {cluster}",
                cluster < shape.Clusters ? "1" : "0",
                $"{counts[cluster]}");
        }

        long NextWrong(long cluster)
        {
            long next = cluster < shape.Clusters ? counts.NextOther(cluster, 1) : shape.Clusters;
            return next < shape.Clusters ? next : counts.NextOther(Math.Max(cluster, shape.Clusters), 0);
        }
    }

    private TableWindow Table(long cluster, long clusters, int entryBytes, string name) =>
        new(
            _file,
            cluster * Qcow2Shape.ClusterBytes,
            clusters * (Qcow2Shape.ClusterBytes / entryBytes),
            entryBytes,
            isBigEndian: true,
            name);

    private static ulong Place(long cluster) => (ulong)(cluster * Qcow2Shape.ClusterBytes) | Qcow2Entry.Copied;

    private static string Hex(ulong value) => $"0x{value:x16}";

    private ImageFault Fault(long offset, string what, string expected, string found) =>
        new(_file.Name, offset, what, expected, found);
}
