using System.Buffers.Binary;

namespace VdiFs.Nbd.Protocol;

/// <summary>The head of an option, followed by its data (proto.md, "Newstyle negotiation").</summary>
/// <param name="Magic">IHAVEOPT.</param>
/// <param name="Option">The option.</param>
/// <param name="Length">Bytes of data that follow.</param>
internal readonly record struct OptionHeader(ulong Magic, NbdOption Option, uint Length)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Reads the record from its first <see cref="Size"/> bytes.</summary>
    public static OptionHeader Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source),
        (NbdOption)BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[12..]));

    /// <summary>Writes the record to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, Magic);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], (uint)Option);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], Length);
    }
}
