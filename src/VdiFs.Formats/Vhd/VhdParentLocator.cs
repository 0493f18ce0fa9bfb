using System.Buffers.Binary;
using System.Text;

namespace VdiFs.Formats.Vhd;

/// <summary>
/// One of the eight places in the dynamic header that say where the parent's name is (VHD specification, Parent Locator
/// Entry).
/// </summary>
/// <param name="PlatformCode">How the name is written; 0 for an entry that is not used.</param>
/// <param name="DataSpace">
/// Sectors that hold the name. Some writers count bytes instead: whoever reads goes by the length.
/// </param>
/// <param name="DataLength">The name's bytes.</param>
/// <param name="DataOffset">The file offset of the name.</param>
internal readonly record struct VhdParentLocator(uint PlatformCode, uint DataSpace, uint DataLength, ulong DataOffset)
{
    internal const int Size = 24;

    /// <summary>Entries in a dynamic header.</summary>
    internal const int Count = 8;

    /// <summary>"W2ru": a path relative to the child's directory, in UTF-16, little-endian, with backslashes.</summary>
    internal const uint RelativeWindowsPath = 0x57327275;

    private const string ThisDirectory = ".\\";

    /// <summary>The bytes of a relative path to a file of the same directory.</summary>
    internal static byte[] EncodeName(string fileName) => Encoding.Unicode.GetBytes(ThisDirectory + fileName);

    internal static VhdParentLocator Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        return new VhdParentLocator(
            BinaryPrimitives.ReadUInt32BigEndian(source),
            BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(source[16..]));
    }

    internal void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(destination, PlatformCode);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], DataSpace);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], DataLength);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], DataOffset);
    }
}
