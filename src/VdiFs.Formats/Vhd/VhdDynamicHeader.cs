using System.Buffers.Binary;
using System.Text;

namespace VdiFs.Formats.Vhd;

/// <summary>The header of a dynamic or differencing VHD (VHD specification, Dynamic Disk Header Format).</summary>
/// <param name="TableOffset">The file offset of the block allocation table.</param>
/// <param name="MaxTableEntries">Entries of that table: exactly as many as the disk has data blocks.</param>
/// <param name="DataBlockBytes">Bytes of disk in a data block.</param>
/// <param name="Parent">What the image is a delta of; null for a dynamic one.</param>
internal readonly record struct VhdDynamicHeader(
    ulong TableOffset, uint MaxTableEntries, uint DataBlockBytes, VhdParentReference? Parent = null)
{
    internal const int Size = 1024;

    /// <summary>Where the <see cref="VhdParentLocator.Count"/> parent locators are.</summary>
    internal const int LocatorsOffset = 576;

    private const uint HeaderVersion = 0x00010000;
    private const int ChecksumOffset = 36;
    private const int ParentIdOffset = 40;
    private const int ParentNameOffset = 64;
    private const int ParentNameBytes = 512;

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
            BinaryPrimitives.ReadUInt32BigEndian(source[32..]),
            ReadParent(source));
    }

    /// <param name="destination">At least <see cref="Size"/> bytes.</param>
    /// <param name="locators">Where the parent's name is; at most <see cref="VhdParentLocator.Count"/>.</param>
    internal void Write(Span<byte> destination, params ReadOnlySpan<VhdParentLocator> locators)
    {
        destination = destination[..Size];
        destination.Clear();
        Cookie.CopyTo(destination);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], ulong.MaxValue); // Data offset: unused, all ones.
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], TableOffset);
        BinaryPrimitives.WriteUInt32BigEndian(destination[24..], HeaderVersion);
        BinaryPrimitives.WriteUInt32BigEndian(destination[28..], MaxTableEntries);
        BinaryPrimitives.WriteUInt32BigEndian(destination[32..], DataBlockBytes);
        if (Parent is { } parent)
        {
            parent.UniqueId.TryWriteBytes(destination[ParentIdOffset..], bigEndian: true, out _);
            BinaryPrimitives.WriteUInt32BigEndian(destination[56..], parent.Timestamp);
            Encoding.BigEndianUnicode.GetBytes(parent.Name, destination.Slice(ParentNameOffset, ParentNameBytes));
        }

        for (int index = 0; index < locators.Length; index++)
        {
            locators[index].Write(destination[(LocatorsOffset + index * VhdParentLocator.Size)..]);
        }

        BinaryPrimitives.WriteUInt32BigEndian(
            destination[ChecksumOffset..], VhdChecksum.Compute(destination, ChecksumOffset));
    }

    private static VhdParentReference? ReadParent(ReadOnlySpan<byte> source)
    {
        if (!source[ParentIdOffset..LocatorsOffset].ContainsAnyExcept((byte)0))
        {
            return null;
        }

        string name = Encoding.BigEndianUnicode.GetString(source.Slice(ParentNameOffset, ParentNameBytes));
        int end = name.IndexOf('\0', StringComparison.Ordinal);
        return new VhdParentReference(
            new Guid(source.Slice(ParentIdOffset, 16), bigEndian: true),
            BinaryPrimitives.ReadUInt32BigEndian(source[56..]),
            end < 0 ? name : name[..end]);
    }
}
