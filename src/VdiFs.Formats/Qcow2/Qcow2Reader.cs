using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Qcow2;

/// <summary>
/// Reads QCOW2 images, whoever wrote them: versions 2 and 3, any size of cluster, clusters that are compressed with
/// deflate or marked as zeros, chains.
/// </summary>
internal sealed class Qcow2Reader : ImageReader
{
    // How many entries of a table one look looks at: a bound on its time.
    private const int MaxEntriesPerLook = 8192;

    private readonly Qcow2Image _image;
    private readonly Qcow2Clusters _clusters;
    private byte[]? _inflated;
    private long _inflatedCluster = -1;

    private Qcow2Reader(IImageBytes file, int chainLength)
        : base(file)
    {
        _image = Qcow2Image.Open(file);
        _clusters = new Qcow2Clusters(_image);
        Parent = _image.Parent is { } parent ? OpenParent(file, parent, chainLength) : null;
    }

    /// <inheritdoc/>
    public override string FormatName => "qcow2";

    /// <inheritdoc/>
    public override long DiskLength => _image.DiskLength;

    /// <inheritdoc/>
    public override ImageReader? Parent { get; }

    /// <summary>Null for a file without the magic.</summary>
    /// <param name="file">Any file.</param>
    /// <param name="chainLength">As in <see cref="ImageReaders.OpenParent"/>.</param>
    /// <exception cref="ImageFormatException">It cannot be read; the message says why.</exception>
    internal static Qcow2Reader? TryOpen(IImageBytes file, int chainLength)
    {
        byte[] magic = new byte[Qcow2Header.Magic.Length];
        if (file.Length < magic.Length)
        {
            return null;
        }

        file.Read(0, magic);
        return magic.AsSpan().SequenceEqual(Qcow2Header.Magic) ? new Qcow2Reader(file, chainLength) : null;
    }

    /// <summary>What a cluster without a place in this image is.</summary>
    private PieceKind Missing => Parent is null ? PieceKind.Zero : PieceKind.Parent;

    /// <inheritdoc/>
    public override ImagePiece Locate(long diskOffset, long maxLength)
    {
        long limit = Math.Min(maxLength, DiskLength - diskOffset);
        long cluster = diskOffset / _image.ClusterBytes;
        long last = (diskOffset + limit - 1) / _image.ClusterBytes;
        PieceKind kind = KindOf(_clusters[cluster]);
        long end = cluster + 1;
        if (kind == Missing)
        {
            end = Math.Max(end, _clusters.SkipTables(cluster, MaxEntriesPerLook));
        }

        long stop = Math.Min(last, cluster + MaxEntriesPerLook);
        while (end <= stop && KindOf(_clusters[end]) == kind)
        {
            end++;
        }

        long length = end > last ? limit : end * _image.ClusterBytes - diskOffset;
        return kind == PieceKind.Parent ? InParent(diskOffset, length) : new ImagePiece(kind, length);
    }

    /// <inheritdoc/>
    public override void ReadStored(long diskOffset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (long cluster, long within) = Math.DivRem(diskOffset, _image.ClusterBytes);
            int count = (int)Math.Min(destination.Length, _image.ClusterBytes - within);
            ReadCluster(cluster, (int)within, destination[..count]);
            destination = destination[count..];
            diskOffset += count;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<ImageFault> Check(CheckOptions options)
    {
        IEnumerable<ImageFault> structure = options.AcceptForeign
            ? new Qcow2ForeignCheck(_image).Run()
            : new Qcow2StrictCheck(_image).Run();
        foreach (ImageFault fault in structure)
        {
            yield return fault;
        }

        if (Parent is not null && Sector.RoundUp(Parent.DiskLength, Sector.Bytes) != DiskLength)
        {
            yield return Fault(
                24, "header, size", $"the parent's {Parent.DiskLength} bytes in whole sectors", $"{DiskLength}");
        }
    }

    private static ImageReader OpenParent(IImageBytes file, Qcow2Parent parent, int chainLength)
    {
        string format = parent.Format switch
        {
            "raw" or "qcow2" or "vmdk" or "vhdx" or "vdi" => parent.Format,
            "vpc" => "vhd",
            // Finding out what it is would be wrong for a raw disk in which an image lies.
            _ => throw Qcow2Image.Malformed(
                file, 0, "backing file format", "raw, qcow2, vmdk, vpc, vhdx or vdi", $"\"{parent.Format}\""),
        };
        ImageReader reader = ImageReaders.OpenParent(file, parent.FileName, chainLength, format == "raw");
        return reader.FormatName.EndsWith(format, StringComparison.Ordinal)
            ? reader
            : throw Qcow2Image.Malformed(
                file, 0, $"backing file \"{parent.FileName}\"", parent.Format, reader.FormatName);
    }

    private ImagePiece InParent(long diskOffset, long length) =>
        diskOffset >= Parent!.DiskLength
            ? new ImagePiece(PieceKind.Zero, length)
            : new ImagePiece(PieceKind.Parent, Math.Min(length, Parent.DiskLength - diskOffset));

    private PieceKind KindOf(ulong entry)
    {
        if ((entry & Qcow2Entry.Compressed) != 0)
        {
            return PieceKind.Stored;
        }

        if (_image.Header.Version > 2 && (entry & Qcow2Entry.Zero) != 0)
        {
            return PieceKind.Zero;
        }

        return (entry & Qcow2Entry.OffsetMask) == 0 ? Missing : PieceKind.Stored;
    }

    private void ReadCluster(long cluster, int within, Span<byte> destination)
    {
        ulong entry = _clusters[cluster];
        if (KindOf(entry) != PieceKind.Stored)
        {
            throw new ArgumentOutOfRangeException(nameof(cluster), cluster, "The cluster is not stored.");
        }

        if ((entry & Qcow2Entry.Compressed) != 0)
        {
            Inflate(cluster, entry);
            _inflated.AsSpan(within, destination.Length).CopyTo(destination);
            return;
        }

        long offset = (long)(entry & Qcow2Entry.OffsetMask);
        if (offset % _image.ClusterBytes != 0 || offset + within > File.Length - destination.Length)
        {
            throw Fault(
                offset,
                $"cluster {cluster} of the disk",
                $"the start of a cluster in the {File.Length} bytes of the file",
                $"{offset}").Exception();
        }

        File.Read(offset + within, destination);
    }

    private void Inflate(long cluster, ulong entry)
    {
        if (_inflatedCluster != cluster)
        {
            _inflatedCluster = -1;
            _inflated ??= new byte[_image.ClusterBytes];
            CompressedCluster.Read(entry, (int)_image.Header.ClusterBits).Inflate(File, _inflated);
            _inflatedCluster = cluster;
        }
    }
}
