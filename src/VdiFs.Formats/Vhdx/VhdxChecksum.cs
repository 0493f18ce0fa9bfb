using System.Buffers.Binary;
using System.Numerics;

namespace VdiFs.Formats.Vhdx;

/// <summary>
/// CRC-32C of headers and region tables, which have it behind the signature and take it as 0 while it is computed
/// ([MS-VHDX] 2.2.2, 2.2.3.1).
/// </summary>
internal static class VhdxChecksum
{
    internal const int Offset = 4;

    internal const int Size = sizeof(uint);

    /// <param name="record">A whole number of 8 bytes.</param>
    internal static uint Compute(ReadOnlySpan<byte> record)
    {
        uint sum = BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(record));
        sum = BitOperations.Crc32C(sum, 0u);
        for (int index = Offset + Size; index < record.Length; index += sizeof(ulong))
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(record[index..]));
        }

        return ~sum;
    }

    /// <summary>Writes the checksum into the record.</summary>
    internal static void Write(Span<byte> record) =>
        BinaryPrimitives.WriteUInt32LittleEndian(record[Offset..], Compute(record));

    /// <exception cref="ImageFormatException">Signature or checksum are wrong.</exception>
    internal static void Verify(ReadOnlySpan<byte> record, ReadOnlySpan<byte> signature, string name)
    {
        if (!record.StartsWith(signature))
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, $"The VHDX {name} does not start with its signature.");
        }

        uint expected = Compute(record);
        uint found = BinaryPrimitives.ReadUInt32LittleEndian(record[Offset..]);
        if (found != expected)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The checksum of the VHDX {name} is 0x{found:x8}; its bytes give 0x{expected:x8}.");
        }
    }
}
