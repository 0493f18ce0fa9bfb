using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vdi;

/// <summary>
/// Reads VDI images: dynamic, fixed and differencing ones, whoever wrote them. A differencing one knows its parent by
/// ids alone and has to be given it.
/// </summary>
internal sealed class VdiReader : ImageReader
{
    /// <summary>VDI_IMAGE_BLOCK_FREE: not here; zeros or the parent's.</summary>
    internal const uint Free = 0xFFFFFFFF;

    /// <summary>VDI_IMAGE_BLOCK_ZERO: zeros, whatever the parent has.</summary>
    internal const uint Zero = 0xFFFFFFFE;

    private const uint MinDataBlockBytes = Sector.Bytes;
    private const uint MaxDataBlockBytes = 64 * 1024 * 1024;

    // How many entries of the map one look looks at: a bound on its time.
    private const int MaxEntriesPerLook = 16384;

    private readonly VdiHeader _header;
    private readonly TableWindow _map;
    private VdiReader? _parent;

    /// <exception cref="ImageFormatException">It cannot be read; the message says why.</exception>
    private VdiReader(IImageBytes file, byte[] start)
        : base(file)
    {
        _header = VdiHeader.Read(start);
        CheckNumbers();
        _map = new TableWindow(
            file, _header.MapOffset, _header.MapEntries, VdiLayout.MapEntryBytes, isBigEndian: false, "map");
    }

    /// <inheritdoc/>
    public override string FormatName => "vdi";

    /// <inheritdoc/>
    public override long DiskLength => (long)_header.DiskLength;

    /// <inheritdoc/>
    public override ImageReader? Parent => _parent;

    /// <inheritdoc/>
    public override bool NeedsParent => _header.ImageType == VdiImageType.Differencing && _parent is null;

    /// <inheritdoc/>
    public override void SetParent(ImageReader parent)
    {
        ArgumentNullException.ThrowIfNull(parent);
        if (_header.ImageType != VdiImageType.Differencing)
        {
            base.SetParent(parent);
        }

        VdiReader given = parent as VdiReader
            ?? throw Refused($"a VDI; the given parent is {parent.FormatName}");
        if (given._header.ImageId != _header.ParentImageId)
        {
            throw Refused($"the image {_header.ParentImageId}; the given parent is {given._header.ImageId}");
        }

        if (given._header.ModificationId != _header.ParentModificationId)
        {
            throw Refused(
                $"the modification {_header.ParentModificationId} of its parent; the given one is "
                + $"{given._header.ModificationId}: it was changed since");
        }

        if (given.DiskLength != DiskLength)
        {
            throw Refused($"a parent of {DiskLength} bytes; the given one has {given.DiskLength}");
        }

        _parent = given;
    }

    /// <summary>Null for a file without the signature.</summary>
    /// <exception cref="ImageFormatException">It cannot be read; the message says why.</exception>
    internal static VdiReader? TryOpen(IImageBytes file)
    {
        if (file.Length < VdiHeader.Size)
        {
            return null;
        }

        byte[] start = new byte[VdiHeader.Size];
        file.Read(0, start);
        return VdiHeader.IsMagic(start) ? new VdiReader(file, start) : null;
    }

    /// <inheritdoc/>
    public override ImagePiece Locate(long diskOffset, long maxLength)
    {
        long limit = Math.Min(maxLength, DiskLength - diskOffset);
        long index = diskOffset / _header.DataBlockBytes;
        long last = (diskOffset + limit - 1) / _header.DataBlockBytes;
        long stop = Math.Min(last, index + MaxEntriesPerLook);
        PieceKind kind = KindOf(index);
        long end = index + 1;
        while (end <= stop && KindOf(end) == kind)
        {
            end++;
        }

        if (kind == PieceKind.Parent && _parent is null)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.ParentRefused,
                $"{File.Name} is a delta on top of the image {_header.ParentImageId}, and a VDI does not say in which "
                + "file that is: it has to be given.");
        }

        return new ImagePiece(kind, end > last ? limit : end * _header.DataBlockBytes - diskOffset);
    }

    /// <inheritdoc/>
    public override void ReadStored(long diskOffset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (long index, long within) = Math.DivRem(diskOffset, _header.DataBlockBytes);
            int count = (int)Math.Min(destination.Length, _header.DataBlockBytes - within);
            uint entry = (uint)_map[index];
            if (entry >= Zero)
            {
                throw new ArgumentOutOfRangeException(nameof(diskOffset), diskOffset, "The block is not stored.");
            }

            long offset = _header.DataOffset + entry * (long)_header.DataBlockBytes + within;
            if (offset > File.Length - count)
            {
                throw Fault(
                    _map.OffsetOf(index),
                    $"map entry {index}",
                    $"a block in the {File.Length} bytes of the file",
                    $"{entry}").Exception();
            }

            File.Read(offset, destination[..count]);
            destination = destination[count..];
            diskOffset += count;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<ImageFault> Check(CheckOptions options)
    {
        VdiCheck check = new(File, _header, _map);
        return options.AcceptForeign ? check.RunForeign() : check.RunStrict();
    }

    private PieceKind KindOf(long index) =>
        (uint)_map[index] switch
        {
            Free => _header.ImageType == VdiImageType.Differencing ? PieceKind.Parent : PieceKind.Zero,
            Zero => PieceKind.Zero,
            _ => PieceKind.Stored,
        };

    private void CheckNumbers()
    {
        if (!Enum.IsDefined(_header.ImageType))
        {
            throw Fault(76, "header, u32Type", "1 dynamic, 2 fixed or 4 differencing", $"{(uint)_header.ImageType}")
                .Exception();
        }

        if (!System.Numerics.BitOperations.IsPow2(_header.DataBlockBytes)
            || _header.DataBlockBytes is < MinDataBlockBytes or > MaxDataBlockBytes)
        {
            throw Fault(
                376,
                "header, cbBlock",
                $"a power of two from {MinDataBlockBytes} to {MaxDataBlockBytes}",
                $"{_header.DataBlockBytes}").Exception();
        }

        if (_header.ExtraBytes != 0)
        {
            throw Fault(380, "header, cbBlockExtra", "0", $"{_header.ExtraBytes}").Exception();
        }

        if (_header.DiskLength > (ulong)_header.MapEntries * _header.DataBlockBytes)
        {
            throw Fault(
                368,
                "header, cbDisk",
                $"at most {(ulong)_header.MapEntries * _header.DataBlockBytes} bytes, which the map speaks for",
                $"{_header.DiskLength}").Exception();
        }
    }

    private ImageFormatException Refused(string expected) =>
        new(ImageFormatErrorKind.ParentRefused, $"{File.Name} is a delta on top of {expected}.");
}
