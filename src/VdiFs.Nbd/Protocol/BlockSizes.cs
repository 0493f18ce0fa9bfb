using System.Buffers.Binary;

namespace VdiFs.Nbd.Protocol;

/// <summary>Data of NBD_INFO_BLOCK_SIZE after its type (proto.md, "Size constraints").</summary>
/// <param name="Minimum">Minimum block size in bytes.</param>
/// <param name="Preferred">Preferred block size in bytes.</param>
/// <param name="Maximum">Maximum payload in bytes; 0xffffffff is no limit.</param>
internal readonly record struct BlockSizes(uint Minimum, uint Preferred, uint Maximum)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 12;

    /// <summary>Reads the record from its first <see cref="Size"/> bytes.</summary>
    public static BlockSizes Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32BigEndian(source),
        BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[8..]));

    /// <summary>Writes the record to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Minimum);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Preferred);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Maximum);
    }
}
