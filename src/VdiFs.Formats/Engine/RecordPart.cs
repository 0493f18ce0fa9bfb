namespace VdiFs.Formats.Engine;

/// <summary>Fills a generated part of a record, completely.</summary>
/// <param name="piece">The number of the stored piece on the disk.</param>
/// <param name="destination">As long as the part; allocates nothing.</param>
internal delegate void PartWriter(long piece, Span<byte> destination);

/// <summary>Fills a part that depends on the bytes of the piece, such as a checksum.</summary>
/// <param name="content">The whole piece, with zeros behind the end of the disk.</param>
/// <param name="destination">As long as the part.</param>
internal delegate void PartDigest(ReadOnlySpan<byte> content, Span<byte> destination);

/// <summary>One part of the records that a format wraps the pieces of a disk in.</summary>
internal sealed class RecordPart
{
    private RecordPart(RecordPartKind kind, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Kind = kind;
        Length = length;
    }

    internal RecordPartKind Kind { get; }

    internal int Length { get; }

    /// <summary>The bytes of a constant part.</summary>
    internal byte[] Bytes { get; private init; } = [];

    /// <summary>Where a part of the piece starts in it.</summary>
    internal int StartInPiece { get; private init; }

    internal PartWriter? Writer { get; private init; }

    internal PartDigest? Digest { get; private init; }

    /// <summary>The same bytes in every record. Owns the array.</summary>
    internal static RecordPart Constant(byte[] bytes) =>
        new(RecordPartKind.Generated, bytes.Length) { Bytes = bytes };

    /// <summary>Bytes that depend on which piece it is; at most <see cref="RecordRegion.MaxGeneratedBytes"/>.</summary>
    internal static RecordPart Generated(int length, PartWriter writer) =>
        new(RecordPartKind.Generated, length) { Writer = writer };

    /// <summary>Bytes of the piece itself.</summary>
    internal static RecordPart Data(int startInPiece, int length) =>
        new(RecordPartKind.Data, length) { StartInPiece = startInPiece };

    /// <summary>Bytes computed from the whole piece; at most <see cref="RecordRegion.MaxGeneratedBytes"/>.</summary>
    internal static RecordPart Derived(int length, PartDigest digest) =>
        new(RecordPartKind.Derived, length) { Digest = digest };

    /// <summary>Padding.</summary>
    internal static RecordPart Zeros(int length) => new(RecordPartKind.Zeros, length);
}
