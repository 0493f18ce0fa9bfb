using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Engine;

/// <summary>
/// The stored pieces of the disk in disk order, each wrapped in a record, at a fixed stride. The last record has no
/// padding behind its last part that is not zeros, unless <c>isLastPadded</c>: the file goes on right after it. What is
/// zero of a piece is a hole of the file, if pieces are larger than what the disk's map tells apart.
/// </summary>
internal sealed class RecordRegion : Region
{
    /// <summary>The longest part that is generated or derived.</summary>
    internal const int MaxGeneratedBytes = 512;

    // The most runs of pieces that are searched for a hole. Who is told of none reads zeros.
    private const int MaxSearchedRuns = 1 << 16;

    private readonly SparseDisk _disk;
    private readonly AllocationMap _pieces;
    private readonly RecordPart[] _parts;

    // _starts[i]: where part i starts in a record; one more entry holds the stride.
    private readonly int[] _starts;

    // The part that is the whole piece; -1 if there are no holes.
    private readonly int _sparsePart;

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

        _sparsePart = disk.GranuleBytes < pieces.GranuleBytes
            ? Array.FindIndex(parts, part => part.Kind == RecordPartKind.Data && part.Length == pieces.GranuleBytes)
            : -1;
        AllocatedBytes = Length - (_sparsePart < 0 ? 0 : CountZeros());
    }

    internal override long AllocatedBytes { get; }

    private int Stride => _starts[^1];

    private int PieceBytes => _pieces.GranuleBytes;

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

    internal override long NextData(long offset)
    {
        while (_sparsePart >= 0 && offset < Length)
        {
            (long record, int index, int within) = Find(offset);
            if (index != _sparsePart)
            {
                return offset;
            }

            int left = PieceBytes - within;
            Segment segment = _disk.Locate((_pieces.Select(record) * PieceBytes) + within, left);
            if (segment.Kind != SegmentKind.Zero)
            {
                return offset;
            }

            offset += segment.Length;
            if (segment.Length < left)
            {
                return offset;
            }
        }

        return offset;
    }

    internal override long NextHole(long offset)
    {
        if (_sparsePart < 0)
        {
            return Length;
        }

        (long record, int index, int within) = Find(offset);
        record += index > _sparsePart ? 1 : 0;
        within = index == _sparsePart ? within : 0;
        for (int run = 0; run < MaxSearchedRuns && record < _pieces.AllocatedGranules; run++)
        {
            long piece = _pieces.Select(record);
            long end = _pieces.NextUnallocated(piece);
            long start = (piece * PieceBytes) + within;
            Segment segment = _disk.Locate(start, (end * PieceBytes) - start);
            long zeros = segment.Kind == SegmentKind.Zero ? start : start + segment.Length;
            if (zeros < end * PieceBytes)
            {
                (long holed, long inPiece) = Math.DivRem(zeros, PieceBytes);
                return ((record + holed - piece) * Stride) + _starts[_sparsePart] + inPiece;
            }

            record += end - piece;
            within = 0;
        }

        return Length;
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

    private long CountZeros()
    {
        long zeros = 0;
        long piece = _pieces.NextAllocated(0);
        while (piece < _pieces.GranuleCount)
        {
            long end = _pieces.NextUnallocated(piece);
            long length = (end - piece) * PieceBytes;
            zeros += length - _disk.CountAllocated(piece * PieceBytes, length);
            piece = _pieces.NextAllocated(end);
        }

        return zeros;
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
