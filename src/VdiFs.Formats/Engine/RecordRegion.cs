using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Engine;

/// <summary>
/// The stored pieces of the disk in disk order, each wrapped in a record, at a fixed stride. The last record has no
/// padding behind its last part that is not zeros, unless <c>isLastPadded</c>: the file goes on right after it.
/// </summary>
internal sealed class RecordRegion : Region
{
    /// <summary>The longest part that is generated or derived.</summary>
    internal const int MaxGeneratedBytes = 512;

    private readonly SparseDisk _disk;
    private readonly AllocationMap _pieces;
    private readonly RecordPart[] _parts;

    // _starts[i]: where part i starts in a record; one more entry holds the stride.
    private readonly int[] _starts;

    /// <summary>One record per allocated granule of <paramref name="pieces"/>.</summary>
    /// <param name="disk">The same disk in its finest granules.</param>
    /// <param name="pieces">The disk in the pieces that the format stores.</param>
    /// <param name="isLastPadded">Whether zeros at the end of the last record are written too.</param>
    /// <param name="parts">What a record consists of; the stride is their sum.</param>
    internal RecordRegion(SparseDisk disk, AllocationMap pieces, bool isLastPadded, params RecordPart[] parts)
        : base(LengthOf(pieces, isLastPadded, parts))
    {
        _disk = disk;
        _pieces = pieces;
        _parts = parts;
        _starts = new int[parts.Length + 1];
        for (int index = 0; index < parts.Length; index++)
        {
            _starts[index + 1] = _starts[index] + parts[index].Length;
        }
    }

    private int Stride => _starts[^1];

    /// <summary>Records that are nothing but the piece.</summary>
    internal static RecordRegion OfBarePieces(SparseDisk disk, AllocationMap pieces) =>
        new(disk, pieces, isLastPadded: true, RecordPart.Data(0, pieces.GranuleBytes));

    internal override Segment Locate(long offset, long maxLength)
    {
        (long record, int index, int within) = Find(offset);
        RecordPart part = _parts[index];
        long left = Math.Min(maxLength, part.Length - within);
        switch (part.Kind)
        {
            case RecordPartKind.Generated:
                return Metadata(offset, left);
            case RecordPartKind.Derived:
                return new Segment(SegmentKind.Derived, offset, left);
            case RecordPartKind.Zeros:
                return Zero(left);
            default:
                long piece = _pieces.Select(record);
                if (part.Length == Stride && maxLength > left)
                {
                    // Nothing between the records: neighbours on the disk are so in the file, and read as one.
                    long run = _pieces.NextUnallocated(piece) - piece;
                    left = Math.Min(maxLength, (run * Stride) - within);
                }

                return _disk.Locate((piece * _pieces.GranuleBytes) + part.StartInPiece + within, left);
        }
    }

    internal override void ReadMetadata(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (long record, int index, int within) = Find(offset);
            RecordPart part = _parts[index];
            int count = Math.Min(destination.Length, part.Length - within);
            if (part.Kind != RecordPartKind.Generated)
            {
                throw NotMetadata(offset);
            }

            Generate(part, _pieces.Select(record), within, destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }

    internal override DiskRange SourceOf(long offset)
    {
        (long record, int index, _) = Find(offset);
        return _parts[index].Kind == RecordPartKind.Derived
            ? _disk.RangeAt(_pieces.Select(record) * _pieces.GranuleBytes, _pieces.GranuleBytes)
            : throw NotDerived(offset);
    }

    internal override Segment LocateOnDisk(long offset, DiskRange range) =>
        _disk.LocateOnDisk(range.Offset, range.Length);

    internal override void ReadDerived(long offset, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        (_, int index, int within) = Find(offset);
        RecordPart part = _parts[index];
        if (part.Kind != RecordPartKind.Derived || destination.Length > part.Length - within)
        {
            throw NotDerived(offset);
        }

        Span<byte> whole = stackalloc byte[MaxGeneratedBytes];
        part.Digest!(source, whole[..part.Length]);
        whole.Slice(within, destination.Length).CopyTo(destination);
    }

    private static void Generate(RecordPart part, long piece, int within, Span<byte> destination)
    {
        if (part.Writer is null)
        {
            part.Bytes.AsSpan(within, destination.Length).CopyTo(destination);
            return;
        }

        Span<byte> whole = stackalloc byte[MaxGeneratedBytes];
        part.Writer(piece, whole[..part.Length]);
        whole.Slice(within, destination.Length).CopyTo(destination);
    }

    private (long Record, int Part, int Within) Find(long offset)
    {
        (long record, long inRecord) = Math.DivRem(offset, Stride);
        int part = 0;
        while (inRecord >= _starts[part + 1])
        {
            part++;
        }

        return (record, part, (int)inRecord - _starts[part]);
    }

    private static long LengthOf(AllocationMap pieces, bool isLastPadded, RecordPart[] parts)
    {
        long records = pieces.AllocatedGranules;
        int padding = !isLastPadded && parts[^1].Kind == RecordPartKind.Zeros ? parts[^1].Length : 0;
        return records == 0 ? 0 : (records * parts.Sum(part => (long)part.Length)) - padding;
    }
}
