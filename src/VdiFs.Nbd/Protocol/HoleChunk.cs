using System.Buffers.Binary;

namespace VdiFs.Nbd.Protocol;

/// <summary>Payload of NBD_REPLY_TYPE_OFFSET_HOLE.</summary>
/// <param name="Offset">Disk offset in bytes.</param>
/// <param name="Length">Bytes that read as zero.</param>
internal readonly record struct HoleChunk(ulong Offset, uint Length)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 12;

    /// <summary>Reads the record from its first <see cref="Size"/> bytes.</summary>
    public static HoleChunk Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt32BigEndian(source[8..]));

    /// <summary>Writes the record to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, Offset);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Length);
    }
}
