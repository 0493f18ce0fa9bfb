namespace VdiFs.Pool.Content;

/// <summary>The bytes at the bottom of a chain. They never change.</summary>
public interface IContentSource
{
    /// <summary>The ranges that may hold something other than zeros, ascending, apart.</summary>
    IReadOnlyList<ByteRange> Extents { get; }

    /// <summary>Fills the destination, with zeros outside the extents.</summary>
    void Read(long diskOffset, Span<byte> destination);
}
