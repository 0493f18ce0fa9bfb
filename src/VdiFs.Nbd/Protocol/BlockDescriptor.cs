using System.Buffers.Binary;

namespace VdiFs.Nbd.Protocol;

/// <summary>One descriptor of NBD_REPLY_TYPE_BLOCK_STATUS.</summary>
/// <param name="Length">Bytes it describes.</param>
/// <param name="Flags">Status flags of the metadata context.</param>
internal readonly record struct BlockDescriptor(uint Length, uint Flags)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>Reads the record from its first <see cref="Size"/> bytes.</summary>
    public static BlockDescriptor Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32BigEndian(source), BinaryPrimitives.ReadUInt32BigEndian(source[4..]));

    /// <summary>Writes the record to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Flags);
    }
}
