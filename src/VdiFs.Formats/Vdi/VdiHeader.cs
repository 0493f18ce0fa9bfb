using System.Buffers.Binary;

namespace VdiFs.Formats.Vdi;

/// <summary>
/// The first sector of a VDI (VirtualBox, src/VBox/Storage/VDICore.h: VDIPREHEADER and VDIHEADER1PLUS).
/// Little-endian; offsets count bytes from the start of the file.
/// </summary>
internal readonly record struct VdiHeader
{
    internal const int Size = 512;

    /// <summary>szFileInfo: text for people, ended by a zero.</summary>
    internal const int InfoOffset = 0;

    internal const int InfoBytes = 64;

    /// <summary>szComment: text for people.</summary>
    internal const int CommentOffset = 84;

    internal const int CommentBytes = 256;

    /// <summary>Behind the last field.</summary>
    internal const int End = 472;

    private const uint Signature = 0xBEDA107F;
    private const uint Version = 0x00010001;
    private const int SignatureOffset = 64;
    private const int HeaderLengthOffset = 72;
    private const int LegacyGeometryOffset = 348;
    private const int GeometryOffset = 456;

    // In a geometry, behind cylinders, heads and sectors: cbSector.
    private const int SectorSizeInGeometry = 12;

    // cbHeader counts from itself.
    private const uint HeaderLength = End - HeaderLengthOffset;

    // Without the geometry at the end (VDIHEADER1), as qemu writes it.
    private const uint ShortHeaderLength = GeometryOffset - HeaderLengthOffset;

    internal static ReadOnlySpan<byte> Info => "<<< Oracle VM VirtualBox Disk Image >>>\n"u8;

    /// <summary>u32Type.</summary>
    internal required VdiImageType ImageType { get; init; }

    /// <summary>fFlags.</summary>
    internal uint Flags { get; init; }

    /// <summary>offBlocks: the map.</summary>
    internal required uint MapOffset { get; init; }

    /// <summary>offData: the first stored block.</summary>
    internal required uint DataOffset { get; init; }

    /// <summary>cbDisk.</summary>
    internal required ulong DiskLength { get; init; }

    /// <summary>cbBlock: bytes of disk in a block.</summary>
    internal required uint DataBlockBytes { get; init; }

    /// <summary>cbBlockExtra: bytes in front of each stored block.</summary>
    internal uint ExtraBytes { get; init; }

    /// <summary>cBlocks: entries of the map.</summary>
    internal required uint MapEntries { get; init; }

    /// <summary>cBlocksAllocated: stored blocks.</summary>
    internal required uint StoredBlocks { get; init; }

    /// <summary>uuidCreate: what VirtualBox registers the image by.</summary>
    internal required Guid ImageId { get; init; }

    /// <summary>uuidModify: changes when the image is written to.</summary>
    internal required Guid ModificationId { get; init; }

    /// <summary>uuidLinkage: the parent's <see cref="ImageId"/>; empty without a parent.</summary>
    internal Guid ParentImageId { get; init; }

    /// <summary>uuidParentModify: the parent's <see cref="ModificationId"/>; empty without a parent.</summary>
    internal Guid ParentModificationId { get; init; }

    /// <summary>Whether a file that starts with these bytes is a VDI.</summary>
    internal static bool IsMagic(ReadOnlySpan<byte> start) =>
        start.Length >= SignatureOffset + sizeof(uint)
        && BinaryPrimitives.ReadUInt32LittleEndian(start[SignatureOffset..]) == Signature;

    /// <exception cref="ImageFormatException">Signature, version, header length or sector size are others than
    /// VirtualBox writes since its version 1.</exception>
    internal static VdiHeader Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        Expect(source, SignatureOffset, Signature, "signature");
        Expect(source, SignatureOffset + sizeof(uint), Version, "version");
        if (BinaryPrimitives.ReadUInt32LittleEndian(source[HeaderLengthOffset..]) != ShortHeaderLength)
        {
            Expect(source, HeaderLengthOffset, HeaderLength, "header length");
        }

        Expect(source, LegacyGeometryOffset + SectorSizeInGeometry, Sector.Bytes, "sector size");
        return new VdiHeader
        {
            ImageType = (VdiImageType)BinaryPrimitives.ReadUInt32LittleEndian(source[76..]),
            Flags = BinaryPrimitives.ReadUInt32LittleEndian(source[80..]),
            MapOffset = BinaryPrimitives.ReadUInt32LittleEndian(source[340..]),
            DataOffset = BinaryPrimitives.ReadUInt32LittleEndian(source[344..]),
            DiskLength = BinaryPrimitives.ReadUInt64LittleEndian(source[368..]),
            DataBlockBytes = BinaryPrimitives.ReadUInt32LittleEndian(source[376..]),
            ExtraBytes = BinaryPrimitives.ReadUInt32LittleEndian(source[380..]),
            MapEntries = BinaryPrimitives.ReadUInt32LittleEndian(source[384..]),
            StoredBlocks = BinaryPrimitives.ReadUInt32LittleEndian(source[388..]),
            ImageId = new Guid(source.Slice(392, 16)),
            ModificationId = new Guid(source.Slice(408, 16)),
            ParentImageId = new Guid(source.Slice(424, 16)),
            ParentModificationId = new Guid(source.Slice(440, 16)),
        };
    }

    internal void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        Info.CopyTo(destination);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[SignatureOffset..], Signature);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[68..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[HeaderLengthOffset..], HeaderLength);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[76..], (uint)ImageType);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[80..], Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[340..], MapOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[344..], DataOffset);
        // Both geometries are left to whoever attaches the disk, but for the size of a sector, which is checked.
        BinaryPrimitives.WriteUInt32LittleEndian(
            destination[(LegacyGeometryOffset + SectorSizeInGeometry)..], Sector.Bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[368..], DiskLength);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[376..], DataBlockBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[380..], ExtraBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[384..], MapEntries);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[388..], StoredBlocks);
        ImageId.TryWriteBytes(destination[392..]);
        ModificationId.TryWriteBytes(destination[408..]);
        ParentImageId.TryWriteBytes(destination[424..]);
        ParentModificationId.TryWriteBytes(destination[440..]);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[(GeometryOffset + SectorSizeInGeometry)..], Sector.Bytes);
    }

    private static void Expect(ReadOnlySpan<byte> source, int offset, uint expected, string what)
    {
        uint found = BinaryPrimitives.ReadUInt32LittleEndian(source[offset..]);
        if (found != expected)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The VDI header has the {what} 0x{found:x} at {offset}; expected 0x{expected:x}.");
        }
    }
}
