using System.Buffers.Binary;

namespace VdiFs.Nbd.Protocol;

/// <summary>
/// Size and flags of an export: the answer to NBD_OPT_EXPORT_NAME, and the data of NBD_INFO_EXPORT after its type.
/// </summary>
/// <param name="Length">Size of the export in bytes.</param>
/// <param name="Flags">Transmission flags.</param>
internal readonly record struct ExportSize(ulong Length, NbdTransmissionFlags Flags)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 10;

    /// <summary>Reserved zeroes after the answer to NBD_OPT_EXPORT_NAME unless NO_ZEROES was negotiated.</summary>
    public const int ReservedBytes = 124;

    /// <summary>Reads the record from its first <see cref="Size"/> bytes.</summary>
    public static ExportSize Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source),
        (NbdTransmissionFlags)BinaryPrimitives.ReadUInt16BigEndian(source[8..]));

    /// <summary>Writes the record to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, Length);
        BinaryPrimitives.WriteUInt16BigEndian(destination[8..], (ushort)Flags);
    }
}
