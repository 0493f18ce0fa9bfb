using System.Buffers.Binary;
using System.Text;

namespace VdiFs.Tests.Formats.Vhdx;

/// <summary>Changes VHDX files as other programs would have written them, or as damage leaves them.</summary>
internal static class VhdxImages
{
    internal const int Mebibyte = 1024 * 1024;
    internal const int FirstHeader = 0x10000;
    internal const int SecondHeader = 0x20000;
    internal const int FirstRegions = 0x30000;
    internal const int SecondRegions = 0x40000;
    internal const int Metadata = 2 * Mebibyte;
    internal const int Items = Metadata + 0x10000;
    internal const int Table = 3 * Mebibyte;

    internal static byte[] With(this byte[] file, Action<byte[]> change)
    {
        byte[] changed = [.. file];
        change(changed);
        return changed;
    }

    internal static void Put(this byte[] file, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(offset), value);

    internal static ulong Get(this byte[] file, int offset) =>
        BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(offset));

    internal static void Swap(this byte[] file, int first, int second)
    {
        ulong value = file.Get(first);
        file.Put(first, file.Get(second));
        file.Put(second, value);
    }

    /// <summary>Makes the checksum of a header or region table right, bit by bit as the polynomial says.</summary>
    internal static void Seal(this byte[] file, int offset, int length)
    {
        Span<byte> record = file.AsSpan(offset, length);
        record[4..8].Clear();
        uint sum = uint.MaxValue;
        foreach (byte value in record)
        {
            sum ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) != 0 ? sum >> 1 ^ 0x82F63B78 : sum >> 1;
            }
        }

        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], ~sum);
    }

    internal static void SealAll(this byte[] file)
    {
        file.Seal(FirstHeader, 4096);
        file.Seal(SecondHeader, 4096);
        file.Seal(FirstRegions, 65536);
        file.Seal(SecondRegions, 65536);
    }

    internal static void Rename(this byte[] file, string from, string to)
    {
        int at = file.AsSpan().IndexOf(Encoding.Unicode.GetBytes(from));
        Encoding.Unicode.GetBytes(to).CopyTo(file, at);
    }
}
