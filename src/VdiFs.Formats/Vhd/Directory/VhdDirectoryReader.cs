using System.Text;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd.Directory;

/// <summary>Reads VHD directories of Xen Orchestra, compressed or not.</summary>
internal sealed class VhdDirectoryReader : ImageReader, IVhdImage
{
    // As Xen Orchestra has it.
    private const int MaxAliasBytes = 1024;

    private readonly VhdDirectoryRecords _records;
    private readonly ImageReader? _parent;

    // Compressed blocks are taken apart as a whole: the last one is kept.
    private long _unpackedBlock = -1;
    private byte[] _unpacked = [];

    private VhdDirectoryReader(VhdDirectoryRecords records, IImageBytes? alias, int chainLength)
        : base(alias ?? new VhdDirectoryFile(records.Directory, VhdDirectory.HeaderName, VhdDynamicHeader.Size))
    {
        _records = records;
        if (!records.IsDifferencing)
        {
            return;
        }

        string parent = records.Header.Parent?.Name ?? "";
        _parent = alias is not null
            ? ImageReaders.OpenParent(alias, parent, chainLength)
            : throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"{records.Directory.Name} is a delta of \"{parent}\", which lies beside its alias: name that, "
                + $"the file that ends in {VhdDirectory.AliasSuffix}.");
    }

    /// <inheritdoc/>
    public override string FormatName => VhdDirectory.FormatName;

    /// <inheritdoc/>
    public override long DiskLength => _records.DiskLength;

    /// <inheritdoc/>
    public override ImageReader? Parent => _parent;

    /// <inheritdoc/>
    public Guid UniqueId => _records.Footer.UniqueId;

    /// <inheritdoc/>
    public uint Timestamp => _records.Footer.Timestamp;

    /// <summary>Opens a directory itself.</summary>
    /// <exception cref="ImageFormatException">It is none, too damaged to be read, or a delta.</exception>
    internal static VhdDirectoryReader Open(IImageDirectory directory) =>
        new(VhdDirectoryRecords.Read(directory), alias: null, chainLength: 1);

    /// <summary>Null for a file that is no alias.</summary>
    /// <exception cref="ImageFormatException">The directory that it names is not there, or too damaged.</exception>
    internal static VhdDirectoryReader? TryOpen(IImageBytes file, int chainLength)
    {
        // The name says it, as to Xen Orchestra.
        if (!file.Name.EndsWith(VhdDirectory.AliasSuffix, StringComparison.Ordinal) || file.Length > MaxAliasBytes)
        {
            return null;
        }

        byte[] text = new byte[(int)file.Length];
        file.Read(0, text);
        string path = Encoding.UTF8.GetString(text).Trim();
        IImageDirectory directory = file.OpenDirectory(path)
            ?? throw new ImageFault(
                file.Name, 0, "alias", "the name of a directory beside it or below", $"\"{path}\"").Exception();
        return new VhdDirectoryReader(VhdDirectoryRecords.Read(directory), file, chainLength);
    }

    /// <inheritdoc/>
    public override ImagePiece Locate(long diskOffset, long maxLength)
    {
        long limit = Math.Min(maxLength, DiskLength - diskOffset);
        long block = diskOffset / VhdPlaces.DataBlockBytes;
        bool isStored = _records.Stored.IsAllocated(block);
        long end = isStored ? block + 1 : _records.Stored.NextAllocated(block);
        PieceKind absent = _parent is null ? PieceKind.Zero : PieceKind.Parent;
        return new ImagePiece(
            isStored ? PieceKind.Stored : absent, Math.Min(limit, end * VhdPlaces.DataBlockBytes - diskOffset));
    }

    /// <inheritdoc/>
    public override void ReadStored(long diskOffset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (long block, long within) = Math.DivRem(diskOffset, VhdPlaces.DataBlockBytes);
            int count = (int)Math.Min(destination.Length, VhdPlaces.DataBlockBytes - within);
            ReadBlock(block, VhdPlaces.SectorBitmapBytes + within, destination[..count]);
            destination = destination[count..];
            diskOffset += count;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<ImageFault> Check(CheckOptions options) =>
        VhdDirectoryCheck.Run(_records, _parent, options);

    private void ReadBlock(long block, long fileOffset, Span<byte> destination)
    {
        string path = VhdDirectory.PathOfBlock(block);
        if (!VhdChunkFilter.IsNone(_records.Filter))
        {
            if (_unpackedBlock != block)
            {
                _unpacked = VhdChunkFilter.Read(
                    _records.Directory, path, _records.Filter, (int)VhdDirectory.BlockFileBytes);
                _unpackedBlock = block;
            }

            CheckLength(path, _unpacked.Length);
            _unpacked.AsSpan((int)fileOffset, destination.Length).CopyTo(destination);
            return;
        }

        CheckLength(path, _records.Directory.LengthOf(path));
        _records.Directory.Read(path, fileOffset, destination);
    }

    private void CheckLength(string path, long? length)
    {
        if (length != VhdDirectory.BlockFileBytes)
        {
            throw VhdDirectoryCheck.LengthFault(_records, path, VhdDirectory.BlockFileBytes, length).Exception();
        }
    }
}
