using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Engine;

/// <summary>
/// The stored pieces of the disk in disk order, at a fixed stride: constant bytes, then a piece of the disk, then zeros
/// up to the next record. The last record has no zeros behind it: the file goes on right after its data.
/// </summary>
internal sealed class BlockRegion : Region
{
    private readonly SparseDisk _disk;
    private readonly AllocationMap _pieces;
    private readonly byte[] _prefix;
    private readonly long _stride;

    /// <summary>One record per allocated granule of <paramref name="pieces"/>.</summary>
    /// <param name="disk">The same disk in its finest granules.</param>
    /// <param name="pieces">The disk in the pieces that the format stores.</param>
    /// <param name="prefix">The constant bytes in front of each piece; may be empty.</param>
    /// <param name="stride">Bytes from record to record, at least prefix and piece.</param>
    internal BlockRegion(SparseDisk disk, AllocationMap pieces, byte[] prefix, long stride)
        : base(LengthOf(pieces, prefix.Length, stride))
    {
        _disk = disk;
        _pieces = pieces;
        _prefix = prefix;
        _stride = stride;
    }

    internal override Segment Locate(long offset, long maxLength)
    {
        (long record, long within) = Math.DivRem(offset, _stride);
        if (within < _prefix.Length)
        {
            return Metadata(offset, Math.Min(maxLength, _prefix.Length - within));
        }

        long inPiece = within - _prefix.Length;
        if (inPiece >= _pieces.GranuleBytes)
        {
            return Zero(Math.Min(maxLength, _stride - within));
        }

        long piece = _pieces.Select(record);
        long reach = _pieces.GranuleBytes;
        if (_stride == reach && maxLength > reach - inPiece)
        {
            // Nothing between the records: pieces that are neighbours on the disk are so in the file, and read as one.
            reach *= _pieces.NextUnallocated(piece) - piece;
        }

        return _disk.Locate(piece * _pieces.GranuleBytes + inPiece, Math.Min(maxLength, reach - inPiece));
    }

    internal override void ReadMetadata(long offset, Span<byte> destination)
    {
        long within = offset % _stride;
        if (within + destination.Length > _prefix.Length)
        {
            throw NotMetadata(offset);
        }

        _prefix.AsSpan((int)within, destination.Length).CopyTo(destination);
    }

    private static long LengthOf(AllocationMap pieces, int prefixBytes, long stride)
    {
        long records = pieces.AllocatedGranules;
        return records == 0 ? 0 : (records - 1) * stride + prefixBytes + pieces.GranuleBytes;
    }
}
