using System.Buffers.Binary;

namespace VdiFs.Nbd.Protocol;

/// <summary>The head of a reply to an option, followed by its data (proto.md, "Fixed newstyle negotiation").</summary>
/// <param name="Magic">0x3e889045565a9.</param>
/// <param name="Option">The option that is answered.</param>
/// <param name="Type">The reply type.</param>
/// <param name="Length">Bytes of data that follow.</param>
internal readonly record struct OptionReplyHeader(ulong Magic, NbdOption Option, NbdOptionReply Type, uint Length)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 20;

    /// <summary>Reads the record from its first <see cref="Size"/> bytes.</summary>
    public static OptionReplyHeader Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source),
        (NbdOption)BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
        (NbdOptionReply)BinaryPrimitives.ReadUInt32BigEndian(source[12..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[16..]));

    /// <summary>Writes the record to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, Magic);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], (uint)Option);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], (uint)Type);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], Length);
    }
}
