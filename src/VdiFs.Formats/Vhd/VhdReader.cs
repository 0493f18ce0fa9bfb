using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd;

/// <summary>Reads fixed, dynamic and differencing VHDs, also those of other writers.</summary>
internal sealed class VhdReader : ImageReader, IVhdImage
{
    private readonly VhdRecords _records;
    private readonly VhdBlocks? _blocks;
    private readonly ImageReader? _parent;

    private VhdReader(VhdRecords records, int chainLength)
        : base(records.File)
    {
        _records = records;
        if (records.Header is not { } header)
        {
            return;
        }

        _blocks = new VhdBlocks(records, header);
        if (records.IsDifferencing)
        {
            _parent = ImageReaders.OpenParent(File, VhdParentName.Find(records, header), chainLength);
        }
    }

    /// <inheritdoc/>
    public override string FormatName
    {
        get
        {
            if (_blocks is null)
            {
                return VhdFixedFormat.FormatName;
            }

            return VhdCheck.PlacesOf(_records, _blocks).IsPacked
                ? VhdDynamicFormat.PackedName
                : VhdDynamicFormat.AlignedName;
        }
    }

    /// <inheritdoc/>
    public override long DiskLength => _records.DiskLength;

    /// <inheritdoc/>
    public override ImageReader? Parent => _parent;

    /// <inheritdoc/>
    public Guid UniqueId => _records.Footer.UniqueId;

    /// <inheritdoc/>
    public uint Timestamp => _records.Footer.Timestamp;

    /// <summary>Null for a file that has no sign of a VHD.</summary>
    /// <exception cref="ImageFormatException">It has one, and is too damaged to be read.</exception>
    internal static VhdReader? TryOpen(IImageBytes file, int chainLength) =>
        VhdRecords.TryRead(file) is { } records ? new VhdReader(records, chainLength) : null;

    /// <inheritdoc/>
    public override ImagePiece Locate(long diskOffset, long maxLength)
    {
        long limit = Math.Min(maxLength, DiskLength - diskOffset);
        if (_blocks is null)
        {
            return new ImagePiece(PieceKind.Stored, limit);
        }

        PieceKind absent = _parent is null ? PieceKind.Zero : PieceKind.Parent;
        (long block, int within) = BlockAt(_blocks, diskOffset);
        if (_blocks.PlaceOf(block) is { } place)
        {
            (bool isPresent, int length) = _blocks.RunAt(block, place, within);
            return new ImagePiece(isPresent ? PieceKind.Stored : absent, Math.Min(limit, length));
        }

        long run = _blocks.BlockBytes - within;
        for (block++; run < limit && _blocks.Table[block] == VhdBlocks.Unused; block++)
        {
            run += _blocks.BlockBytes;
        }

        return new ImagePiece(absent, Math.Min(limit, run));
    }

    /// <inheritdoc/>
    public override void ReadStored(long diskOffset, Span<byte> destination)
    {
        if (_blocks is null)
        {
            File.Read(diskOffset, destination);
            return;
        }

        while (!destination.IsEmpty)
        {
            (long block, int within) = BlockAt(_blocks, diskOffset);
            int count = Math.Min(destination.Length, _blocks.BlockBytes - within);
            long place = _blocks.PlaceOf(block)
                ?? throw new ArgumentOutOfRangeException(nameof(diskOffset), diskOffset, "Nothing is stored there.");
            File.Read(place + _blocks.BitmapBytes + within, destination[..count]);
            destination = destination[count..];
            diskOffset += count;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<ImageFault> Check(CheckOptions options) =>
        VhdCheck.Run(_records, _blocks, _parent, options);

    private static (long Block, int Within) BlockAt(VhdBlocks blocks, long diskOffset)
    {
        (long block, long within) = Math.DivRem(diskOffset, blocks.BlockBytes);
        return (block, (int)within);
    }
}
