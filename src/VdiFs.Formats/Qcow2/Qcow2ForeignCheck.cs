using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Qcow2;

/// <summary>
/// Whether a QCOW2 of any writer keeps the specification: every place in the file, no cluster used twice, every refcount
/// right. References are counted for a window of the file at a time, so memory is bounded and a large file is walked
/// several times.
/// </summary>
internal sealed class Qcow2ForeignCheck
{
    /// <summary>More clusters of the file than this are not counted: 128 TiB of the usual ones, in 64 walks.</summary>
    private const long MaxFileClusters = 1L << 31;

    private const int WindowClusters = 1 << 25;
    private const ulong MaxRefcountTableBytes = 8 * 1024 * 1024;
    private const ulong ReservedInL2 = 0x3F00_0000_0000_01FE;

    private readonly Qcow2Image _image;
    private readonly IImageBytes _file;

    internal Qcow2ForeignCheck(Qcow2Image image)
    {
        _image = image;
        _file = image.File;
    }

    internal IEnumerable<ImageFault> Run()
    {
        if ((_image.Header.IncompatibleFeatures & Qcow2Refusal.Dirty) != 0)
        {
            yield return Fault(72, "header, incompatible_features", "an image that was closed", "dirty: bit 0 is set");
        }

        if (CheckRefcountTable() is { } noTable)
        {
            yield return noTable;
            yield break;
        }

        Qcow2Refcounts refcounts = new(_image);
        Qcow2Targets tables = new(_image, _image.L1, "L1 entry", isCopied: true);
        foreach (ImageFault fault in refcounts.Blocks.Check().Concat(tables.Check()).Concat(CheckEntries(tables)))
        {
            yield return fault;
        }

        if (_image.FileClusters > MaxFileClusters)
        {
            yield return Fault(
                _file.Length, "end of the file", $"at most {MaxFileClusters} clusters", $"{_image.FileClusters}");
            yield break;
        }

        Qcow2References references = new((int)Math.Min(WindowClusters, _image.FileClusters));
        for (long first = 0; first < _image.FileClusters; first += WindowClusters)
        {
            references.Start(first);
            foreach (ImageFault fault in CountReferences(references, refcounts, tables)
                .Concat(refcounts.Compare(references, _image.FileClusters)))
            {
                yield return fault;
            }
        }

        foreach (ImageFault fault in refcounts.CheckBehind(_image.FileClusters))
        {
            yield return fault;
        }
    }

    private ImageFault? CheckRefcountTable()
    {
        ulong bytes = (ulong)_image.Header.RefcountTableClusters * (ulong)_image.ClusterBytes;
        ulong offset = _image.Header.RefcountTableOffset;
        return bytes is > 0 and <= MaxRefcountTableBytes
            && offset % (ulong)_image.ClusterBytes == 0
            && offset <= (ulong)_file.Length
            && bytes <= (ulong)_file.Length - offset
                ? null
                : Fault(
                    48,
                    "header, refcount table",
                    $"1 to {MaxRefcountTableBytes} bytes in whole clusters of the file",
                    $"{bytes} bytes at {offset}");
    }

    /// <summary>What is wrong with L2 entries themselves.</summary>
    private IEnumerable<ImageFault> CheckEntries(Qcow2Targets tables)
    {
        foreach ((long offset, ulong entry, long cluster) in EntriesOf(tables))
        {
            if (WrongIn(entry, cluster) is { } expected)
            {
                yield return Fault(offset, $"L2 entry of cluster {cluster}", expected, $"0x{entry:x16}");
            }
        }
    }

    /// <summary>What an L2 entry should be; null if it is all right.</summary>
    private string? WrongIn(ulong entry, long cluster)
    {
        if ((entry & Qcow2Entry.Compressed) != 0)
        {
            CompressedCluster compressed = CompressedCluster.Read(entry, (int)_image.Header.ClusterBits);
            return (entry & Qcow2Entry.Copied) != 0 ? "bit 63 (copied) clear, since it is compressed"
                : compressed.FileOffset < _file.Length ? null
                : $"a place in the {_file.Length} bytes of the file";
        }

        long offset = (long)(entry & Qcow2Entry.OffsetMask);
        ulong reserved = ReservedInL2 | (_image.Header.Version == 2 ? Qcow2Entry.Zero : 0);
        if ((entry & reserved) != 0)
        {
            return "reserved bits 0";
        }

        if ((entry & Qcow2Entry.Copied) != 0 != (offset != 0))
        {
            return "bit 63 (copied) where there is a place";
        }

        // Behind the end of the disk nothing is read.
        long needed = Math.Clamp(_image.DiskLength - cluster * _image.ClusterBytes, 1, _image.ClusterBytes);
        return offset % _image.ClusterBytes == 0 && (offset == 0 || offset <= _file.Length - needed)
            ? null
            : $"the start of a cluster in the {_file.Length} bytes of the file";
    }

    private IEnumerable<ImageFault> CountReferences(
        Qcow2References references, Qcow2Refcounts refcounts, Qcow2Targets tables)
    {
        foreach ((long offset, long length, string what) in Structures(refcounts, tables))
        {
            for (long cluster = offset / _image.ClusterBytes; cluster * _image.ClusterBytes < offset + length; cluster++)
            {
                if (references.AddAlone(cluster))
                {
                    yield return Twice(cluster, what);
                }
            }
        }

        foreach ((_, ulong entry, long cluster) in EntriesOf(tables))
        {
            if (IsUsedTwice(references, entry) is { } twice)
            {
                yield return Twice(twice, $"cluster {cluster} of the disk");
            }
        }
    }

    /// <summary>Counts what an L2 entry refers to; returns the cluster that something else has, or null.</summary>
    private long? IsUsedTwice(Qcow2References references, ulong entry)
    {
        if ((entry & Qcow2Entry.Compressed) == 0)
        {
            long target = (long)(entry & Qcow2Entry.OffsetMask) / _image.ClusterBytes;
            return target != 0 && references.AddAlone(target) ? target : null;
        }

        CompressedCluster compressed = CompressedCluster.Read(entry, (int)_image.Header.ClusterBits);
        long last = (compressed.FileOffset + compressed.Length - 1) / _image.ClusterBytes;
        long? taken = null;
        for (long target = compressed.FileOffset / _image.ClusterBytes; target <= last; target++)
        {
            taken = references.AddShared(target) ? target : taken;
        }

        return taken;
    }

    private IEnumerable<(long Offset, long Length, string What)> Structures(
        Qcow2Refcounts refcounts, Qcow2Targets tables)
    {
        yield return (0, 1, "header");
        yield return (
            (long)_image.Header.RefcountTableOffset,
            (long)_image.Header.RefcountTableClusters * _image.ClusterBytes,
            "refcount table");
        yield return (_image.L1.FileOffset, _image.L1.Count * Qcow2Shape.EntryBytes, "L1 table");
        foreach ((long offset, long index) in refcounts.Blocks.Distinct)
        {
            yield return (offset, 1, $"refcount block {index}");
        }

        foreach ((long offset, long index) in tables.Distinct)
        {
            yield return (offset, 1, $"L2 table {index}");
        }
    }

    /// <summary>Every L2 entry that is not 0: where it is, what it is, and for which cluster of the disk.</summary>
    private IEnumerable<(long FileOffset, ulong Entry, long Cluster)> EntriesOf(Qcow2Targets tables)
    {
        foreach ((long offset, long index) in tables.Distinct)
        {
            TableWindow table = new(
                _file, offset, _image.EntriesPerTable, Qcow2Shape.EntryBytes, isBigEndian: true, "L2 table");
            for (long entry = 0; entry < table.Count; entry++)
            {
                if (table[entry] != 0)
                {
                    yield return (table.OffsetOf(entry), table[entry], index * _image.EntriesPerTable + entry);
                }
            }
        }
    }

    private ImageFault Twice(long cluster, string what) =>
        Fault(
            cluster * _image.ClusterBytes, what, "a cluster that nothing else has", "one that is used already");

    private ImageFault Fault(long offset, string what, string expected, string found) =>
        new(_file.Name, offset, what, expected, found);
}
