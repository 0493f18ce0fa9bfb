using System.Buffers.Binary;

namespace VdiFs.Nbd.Protocol;

/// <summary>The head of a structured reply chunk (proto.md, "Structured reply chunk message").</summary>
/// <param name="Magic">NBD_STRUCTURED_REPLY_MAGIC.</param>
/// <param name="Flags">Structured reply flags.</param>
/// <param name="Type">What the payload is.</param>
/// <param name="Cookie">The cookie of the request.</param>
/// <param name="Length">Bytes of payload.</param>
internal readonly record struct ChunkHeader(
    uint Magic, NbdChunkFlags Flags, NbdChunkType Type, ulong Cookie, uint Length)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 20;

    /// <summary>Reads the record from its first <see cref="Size"/> bytes.</summary>
    public static ChunkHeader Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32BigEndian(source),
        (NbdChunkFlags)BinaryPrimitives.ReadUInt16BigEndian(source[4..]),
        (NbdChunkType)BinaryPrimitives.ReadUInt16BigEndian(source[6..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[16..]));

    /// <summary>Writes the record to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Magic);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], (ushort)Flags);
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], (ushort)Type);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Cookie);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], Length);
    }
}
