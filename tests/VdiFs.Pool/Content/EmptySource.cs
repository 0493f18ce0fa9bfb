namespace VdiFs.Pool.Content;

/// <summary>A disk that was never written.</summary>
public sealed class EmptySource : IContentSource
{
    public static EmptySource Instance { get; } = new();

    public IReadOnlyList<ByteRange> Extents => [];

    public void Read(long diskOffset, Span<byte> destination) => destination.Clear();
}
