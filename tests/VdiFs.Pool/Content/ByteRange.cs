namespace VdiFs.Pool.Content;

/// <summary>A run of bytes of a disk.</summary>
public readonly record struct ByteRange(long Offset, long Length)
{
    public long End => Offset + Length;

    public bool Overlaps(long offset, long length) => offset < End && Offset < offset + length;
}
