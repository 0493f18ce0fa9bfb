using VdiFs.Formats;

namespace VdiFs.Mounting;

/// <summary>The pieces that a source of derived bytes consists of, each with its place in it. Allocates nothing.</summary>
internal struct SourcePieces(ImageLayout layout, long derivedOffset, DiskRange range)
{
    private readonly long _length = range.Length;
    private DiskRange _rest = range;
    private Segment _piece;

    public readonly (Segment Piece, int Start) Current =>
        (_piece, (int)(_length - _rest.Length - _piece.Length));

    public readonly SourcePieces GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.Length == 0)
        {
            return false;
        }

        _piece = layout.LocateOnDisk(derivedOffset, _rest);
        _rest = _rest with { Offset = _rest.Offset + _piece.Length, Length = _rest.Length - _piece.Length };
        return true;
    }
}
