using System.Buffers.Binary;

namespace VdiFs.Formats.Vhd;

/// <summary>The header of a dynamic VHD without a parent (VHD specification, Dynamic Disk Header Format).</summary>
/// <param name="TableOffset">The file offset of the block allocation table.</param>
/// <param name="MaxTableEntries">Entries of that table: exactly as many as the disk has data blocks.</param>
/// <param name="DataBlockBytes">Bytes of disk in a data block.</param>
internal readonly record struct VhdDynamicHeader(ulong TableOffset, uint MaxTableEntries, uint DataBlockBytes)
{
    internal const int Size = 1024;

    private const uint HeaderVersion = 0x00010000;
    private const int ChecksumOffset = 36;

    private static ReadOnlySpan<byte> Cookie => "cxsparse"u8;

    /// <exception cref="ImageFormatException">Cookie, version or checksum are wrong.</exception>
    internal static VhdDynamicHeader Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        if (!source.StartsWith(Cookie))
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, "The VHD dynamic header does not start with the cookie \"cxsparse\".");
        }

        VhdChecksum.Verify(source, ChecksumOffset, "dynamic header");
        uint version = BinaryPrimitives.ReadUInt32BigEndian(source[24..]);
        if (version != HeaderVersion)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The VHD dynamic header has version 0x{version:x8}; expected 0x{HeaderVersion:x8}.");
        }

        return new VhdDynamicHeader(
            BinaryPrimitives.ReadUInt64BigEndian(source[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[28..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[32..]));
    }

    internal void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        Cookie.CopyTo(destination);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], ulong.MaxValue); // Data offset: unused, all ones.
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], TableOffset);
        BinaryPrimitives.WriteUInt32BigEndian(destination[24..], HeaderVersion);
        BinaryPrimitives.WriteUInt32BigEndian(destination[28..], MaxTableEntries);
        BinaryPrimitives.WriteUInt32BigEndian(destination[32..], DataBlockBytes);
        BinaryPrimitives.WriteUInt32BigEndian(
            destination[ChecksumOffset..], VhdChecksum.Compute(destination, ChecksumOffset));
    }
}
