using System.Buffers.Binary;

namespace VdiFs.Nbd.Protocol;

/// <summary>The first bytes of a newstyle server (proto.md, "Newstyle negotiation").</summary>
/// <param name="InitMagic">NBDMAGIC.</param>
/// <param name="StyleMagic">IHAVEOPT, or another number for the old style.</param>
/// <param name="Flags">Handshake flags.</param>
internal readonly record struct ServerGreeting(ulong InitMagic, ulong StyleMagic, NbdHandshakeFlags Flags)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 18;

    /// <summary>Reads the record from its first <see cref="Size"/> bytes.</summary>
    public static ServerGreeting Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source),
        BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
        (NbdHandshakeFlags)BinaryPrimitives.ReadUInt16BigEndian(source[16..]));

    /// <summary>Writes the record to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, InitMagic);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], StyleMagic);
        BinaryPrimitives.WriteUInt16BigEndian(destination[16..], (ushort)Flags);
    }
}
