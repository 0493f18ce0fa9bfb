namespace VdiFs.Formats.Engine;

/// <summary>Bytes made once: headers, footers, descriptors. Owns the array.</summary>
internal sealed class ConstantRegion(byte[] bytes) : Region(bytes.Length)
{
    private readonly byte[] _bytes = bytes;

    internal override Segment Locate(long offset, long maxLength) =>
        Metadata(offset, Math.Min(maxLength, Length - offset));

    internal override void ReadMetadata(long offset, Span<byte> destination) =>
        _bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
}
