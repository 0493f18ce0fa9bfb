using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhdx;

/// <summary>
/// Reads a VHDX, also one that other programs wrote: any size of block and sector, all states of a block, chains of
/// parents in one directory. A log that was not replayed is refused: what it holds is not in the file yet.
/// </summary>
internal sealed class VhdxReader : ImageReader
{
    private readonly VhdxStructure _structure;
    private readonly TableWindow _table;

    // The sector bitmap of one payload block, the one that was asked for last; -1 when there was none.
    private byte[] _bitmap = [];
    private long _bitmapOf = -1;

    /// <summary>Opens the image and its parents.</summary>
    /// <exception cref="ImageFormatException">It cannot be read.</exception>
    private VhdxReader(IImageBytes file, int chainLength)
        : base(file)
    {
        _structure = VhdxStructure.Read(file);
        _table = new TableWindow(
            file,
            (long)_structure.Table.FileOffset,
            Shape.TableEntries,
            VhdxBatEntry.Size,
            isBigEndian: false,
            "block allocation table");
        Parent = _structure.Locator is { } locator ? OpenParent(locator, chainLength) : null;
    }

    /// <summary>Opens a file; null when it does not start as a VHDX.</summary>
    /// <exception cref="ImageFormatException">It cannot be read.</exception>
    internal static VhdxReader? TryOpen(IImageBytes file, int chainLength) =>
        VhdxFileIdentifier.IsAt(file) ? new VhdxReader(file, chainLength) : null;

    /// <inheritdoc/>
    public override string FormatName => VhdxFormat.FormatName;

    /// <inheritdoc/>
    public override long DiskLength => Shape.DiskLength;

    /// <inheritdoc/>
    public override ImageReader? Parent { get; }

    private VhdxShape Shape => _structure.Shape;

    /// <inheritdoc/>
    public override ImagePiece Locate(long diskOffset, long maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(diskOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(diskOffset, DiskLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxLength);
        (long block, long within) = Math.DivRem(diskOffset, Shape.BlockBytes);
        long length = Math.Min(maxLength, Math.Min(Shape.BlockBytes - within, DiskLength - diskOffset));
        VhdxBatEntry entry = Entry(block);
        switch (entry.State)
        {
            case VhdxBlockState.Present:
                return new ImagePiece(PieceKind.Stored, length);
            case VhdxBlockState.PartiallyPresent when Parent is not null:
                return LocatePart(block, within, length);
            case VhdxBlockState.NotPresent:
                return new ImagePiece(Parent is null ? PieceKind.Zero : PieceKind.Parent, length);
            case VhdxBlockState.Undefined or VhdxBlockState.Zero or VhdxBlockState.Unmapped:
                return new ImagePiece(PieceKind.Zero, length);
            default:
                throw Fault(
                    _table.OffsetOf(Shape.EntryOfBlock(block)),
                    $"entry of payload block {block}",
                    "a state that such an image has",
                    $"{(int)entry.State}").Exception();
        }
    }

    /// <inheritdoc/>
    public override void ReadStored(long diskOffset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (long block, long within) = Math.DivRem(diskOffset, Shape.BlockBytes);
            int count = (int)Math.Min(destination.Length, Shape.BlockBytes - within);
            VhdxBatEntry entry = Entry(block);
            long place = Place(entry, Shape.BlockBytes, Shape.EntryOfBlock(block), $"payload block {block}");
            File.Read(place + within, destination[..count]);
            destination = destination[count..];
            diskOffset += count;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<ImageFault> Check(CheckOptions options) =>
        new VhdxChecker(File, _structure, _table).Faults(options.AcceptForeign);

    private VhdxReader OpenParent(VhdxParentLocator locator, int chainLength)
    {
        string name = locator.SiblingName
            ?? throw Fault(
                (long)_structure.Metadata.FileOffset,
                "parent locator, relative path",
                "a file of the same directory",
                $"\"{locator.RelativePath}\"").Exception();
        ImageReader parent = ImageReaders.OpenParent(File, name, chainLength);
        if (parent is not VhdxReader found || found._structure.Header.DataWriteGuid != locator.Linkage)
        {
            throw Fault(
                (long)_structure.Metadata.FileOffset,
                $"parent \"{name}\"",
                $"the VHDX with the data write id {locator.Linkage}",
                (parent as VhdxReader)?._structure.Header.DataWriteGuid.ToString() ?? parent.FormatName).Exception();
        }

        return found.DiskLength == DiskLength
            ? found
            : throw Fault(
                (long)_structure.Metadata.FileOffset,
                $"parent \"{name}\"",
                $"a disk of {DiskLength} bytes",
                $"{found.DiskLength}").Exception();
    }

    /// <summary>The run of sectors that are all here or all in the parent.</summary>
    private ImagePiece LocatePart(long block, long within, long length)
    {
        LoadBitmap(block);
        long first = within / Shape.SectorBytes;
        long end = Sector.DivideUp(within + length, Shape.SectorBytes);
        bool isHere = IsHere(first);
        long sector = first + 1;
        while (sector < end && IsHere(sector) == isHere)
        {
            sector++;
        }

        return new ImagePiece(
            isHere ? PieceKind.Stored : PieceKind.Parent, Math.Min(length, sector * Shape.SectorBytes - within));
    }

    // The least significant bit is the first sector's.
    private bool IsHere(long sector) => (_bitmap[sector / 8] >> (int)(sector % 8) & 1) != 0;

    private void LoadBitmap(long block)
    {
        if (_bitmapOf == block)
        {
            return;
        }

        (long chunk, long inChunk) = Math.DivRem(block, Shape.ChunkBlocks);
        long index = Shape.EntryOfBitmap(chunk);
        long place = Place(new VhdxBatEntry(_table[index]), VhdxShape.Alignment, index, $"sector bitmap block {chunk}");
        _bitmapOf = -1;
        _bitmap = _bitmap.Length == 0 ? new byte[Shape.BitmapBytesPerBlock] : _bitmap;
        File.Read(place + inChunk * Shape.BitmapBytesPerBlock, _bitmap);
        _bitmapOf = block;
    }

    private VhdxBatEntry Entry(long block) => new(_table[Shape.EntryOfBlock(block)]);

    private long Place(VhdxBatEntry entry, int length, long index, string what) =>
        entry.IsStored && File.Length >= length && entry.FileOffset <= (ulong)(File.Length - length)
            ? (long)entry.FileOffset
            : throw Fault(
                _table.OffsetOf(index),
                what,
                $"{length} bytes in the {File.Length} bytes of the file",
                $"state {(int)entry.State} at {entry.FileOffset}").Exception();
}
