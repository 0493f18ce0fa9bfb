using System.Buffers.Binary;

namespace VdiFs.Formats.Vhd;

/// <summary>
/// The checksum of footer and dynamic header: the complement of the sum of all bytes, its own taken as 0.
/// </summary>
internal static class VhdChecksum
{
    internal const int Size = sizeof(uint);

    internal static uint Compute(ReadOnlySpan<byte> record, int checksumOffset)
    {
        uint sum = 0;
        for (int index = 0; index < record.Length; index++)
        {
            sum += index >= checksumOffset && index < checksumOffset + Size ? 0u : record[index];
        }

        return ~sum;
    }

    /// <exception cref="ImageFormatException">The record says another sum than its bytes have.</exception>
    internal static void Verify(ReadOnlySpan<byte> record, int checksumOffset, string name)
    {
        uint expected = Compute(record, checksumOffset);
        uint found = BinaryPrimitives.ReadUInt32BigEndian(record[checksumOffset..]);
        if (found != expected)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The checksum of the VHD {name} is 0x{found:x8}; its bytes give 0x{expected:x8}.");
        }
    }
}
