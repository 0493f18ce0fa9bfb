using System.Buffers.Binary;

namespace VdiFs.Nbd.Protocol;

/// <summary>A request (proto.md, "Request message").</summary>
/// <param name="Magic">NBD_REQUEST_MAGIC.</param>
/// <param name="Flags">Command flags; a reader sets none.</param>
/// <param name="Command">Request type.</param>
/// <param name="Cookie">Comes back in every part of the reply.</param>
/// <param name="Offset">Disk offset in bytes.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct RequestHeader(
    uint Magic, ushort Flags, NbdCommand Command, ulong Cookie, ulong Offset, uint Length)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 28;

    /// <summary>Reads the record from its first <see cref="Size"/> bytes.</summary>
    public static RequestHeader Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32BigEndian(source),
        BinaryPrimitives.ReadUInt16BigEndian(source[4..]),
        (NbdCommand)BinaryPrimitives.ReadUInt16BigEndian(source[6..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[16..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[24..]));

    /// <summary>Writes the record to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Magic);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], Flags);
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], (ushort)Command);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Cookie);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], Offset);
        BinaryPrimitives.WriteUInt32BigEndian(destination[24..], Length);
    }
}
