using System.Buffers.Binary;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Qcow2;

/// <summary>The refcounts that an image says its clusters have, read a window at a time. Not thread-safe.</summary>
internal sealed class Qcow2Refcounts
{
    private const int WindowBytes = 64 * 1024;
    private const int BitsPerByte = 8;

    private readonly Qcow2Image _image;
    private readonly TableWindow _table;
    private readonly int _bits;
    private readonly long _countsPerBlock;
    private readonly byte[] _window;
    private long _windowOffset = -1;

    /// <summary>The refcount table must lie in the file.</summary>
    internal Qcow2Refcounts(Qcow2Image image)
    {
        _image = image;
        _bits = 1 << (int)image.Header.RefcountOrder;
        _countsPerBlock = (long)image.ClusterBytes * BitsPerByte / _bits;
        _window = new byte[Math.Min(WindowBytes, image.ClusterBytes)];
        _table = new TableWindow(
            image.File,
            (long)image.Header.RefcountTableOffset,
            (long)image.Header.RefcountTableClusters * image.ClusterBytes / Qcow2Shape.EntryBytes,
            Qcow2Shape.EntryBytes,
            isBigEndian: true,
            "refcount table");
        Blocks = new Qcow2Targets(image, _table, "refcount table, entry", isCopied: false);
    }

    /// <summary>The refcount blocks.</summary>
    internal Qcow2Targets Blocks { get; }

    /// <summary>Every cluster of the window whose refcount is not the number of references to it.</summary>
    internal IEnumerable<ImageFault> Compare(Qcow2References references, long fileClusters)
    {
        for (long cluster = references.First; cluster < Math.Min(references.End, fileClusters); cluster++)
        {
            ulong found = Of(cluster, out long fileOffset);
            ulong expected = (ulong)references[cluster];
            if (found != expected)
            {
                yield return Fault(cluster, fileOffset, expected, found);
            }
        }
    }

    /// <summary>Refcounts of clusters that the file does not have.</summary>
    internal IEnumerable<ImageFault> CheckBehind(long fileClusters)
    {
        foreach ((_, long index) in Blocks.Distinct)
        {
            long end = (index + 1) * _countsPerBlock;
            for (long cluster = Math.Max(fileClusters, index * _countsPerBlock); cluster < end; cluster++)
            {
                ulong found = Of(cluster, out long fileOffset);
                if (found != 0)
                {
                    yield return Fault(cluster, fileOffset, 0, found);
                }
            }
        }
    }

    private ulong Of(long cluster, out long fileOffset)
    {
        (long block, long within) = Math.DivRem(cluster, _countsPerBlock);
        ulong offset = block < _table.Count ? _table[block] & Blocks.Mask : 0;
        if (offset == 0
            || offset % (ulong)_image.ClusterBytes != 0
            || offset > (ulong)Math.Max(0, _image.File.Length - _image.ClusterBytes))
        {
            // No block, or none that can be read, which is a fault of the table.
            fileOffset = _table.OffsetOf(Math.Min(block, _table.Count - 1));
            return 0;
        }

        long bit = within * _bits;
        fileOffset = (long)offset + bit / BitsPerByte;
        return Read(fileOffset, (int)(bit % BitsPerByte));
    }

    private ulong Read(long fileOffset, int shift)
    {
        long start = fileOffset / _window.Length * _window.Length;
        if (_windowOffset != start)
        {
            _windowOffset = -1;
            _image.File.Read(start, _window);
            _windowOffset = start;
        }

        ReadOnlySpan<byte> entry = _window.AsSpan((int)(fileOffset - start));
        return _bits switch
        {
            64 => BinaryPrimitives.ReadUInt64BigEndian(entry),
            32 => BinaryPrimitives.ReadUInt32BigEndian(entry),
            16 => BinaryPrimitives.ReadUInt16BigEndian(entry),
            // Smaller ones fill a byte from its lowest bit on.
            _ => (ulong)entry[0] >> shift & (1UL << _bits) - 1,
        };
    }

    private ImageFault Fault(long cluster, long fileOffset, ulong expected, ulong found) =>
        new(
            _image.File.Name,
            fileOffset,
            $"refcount of cluster {cluster}",
            expected == 0 ? "0: nothing refers to it" : $"{expected}",
            $"{found}");
}
