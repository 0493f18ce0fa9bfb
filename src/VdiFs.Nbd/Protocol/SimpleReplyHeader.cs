using System.Buffers.Binary;

namespace VdiFs.Nbd.Protocol;

/// <summary>A simple reply; the data of a successful READ follows (proto.md, "Simple reply message").</summary>
/// <param name="Magic">NBD_SIMPLE_REPLY_MAGIC.</param>
/// <param name="Error">Error value, 0 for success.</param>
/// <param name="Cookie">The cookie of the request.</param>
internal readonly record struct SimpleReplyHeader(uint Magic, uint Error, ulong Cookie)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Reads the record from its first <see cref="Size"/> bytes.</summary>
    public static SimpleReplyHeader Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32BigEndian(source),
        BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    /// <summary>Writes the record to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Magic);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Error);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Cookie);
    }
}
