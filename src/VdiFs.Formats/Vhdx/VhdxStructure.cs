using System.Buffers.Binary;
using System.Numerics;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhdx;

/// <summary>What a VHDX says about itself, as far as it takes to read the disk in it.</summary>
/// <param name="Header">The header that counts.</param>
/// <param name="Regions">The region table that counts.</param>
/// <param name="Metadata">The metadata region.</param>
/// <param name="Items">The metadata table.</param>
/// <param name="Table">The region of the block allocation table.</param>
/// <param name="Shape">How that table is laid out.</param>
/// <param name="Locator">Where the parent is; null when there is none.</param>
internal sealed record VhdxStructure(
    VhdxHeader Header,
    VhdxRegionTable Regions,
    VhdxRegionEntry Metadata,
    VhdxMetadataTable Items,
    VhdxRegionEntry Table,
    VhdxShape Shape,
    VhdxParentLocator? Locator)
{
    private const uint MinBlockBytes = 1024 * 1024;
    private const uint MaxBlockBytes = 256 * 1024 * 1024;

    /// <exception cref="ImageFormatException">It is too damaged to be read, or must be repaired first.</exception>
    internal static VhdxStructure Read(IImageBytes file)
    {
        VhdxHeader header = CurrentHeader(file);
        VhdxRegionTable regions = CurrentRegions(file);
        VhdxRegionEntry metadata = Region(file, regions, VhdxRegionEntry.Metadata, "metadata region");
        VhdxRegionEntry table = Region(file, regions, VhdxRegionEntry.BlockAllocationTable, "block allocation table");
        if (metadata.Length < VhdxMetadataTable.Size)
        {
            throw Fault(file, metadata.FileOffset, "metadata region", "at least 64 KiB", $"{metadata.Length} bytes");
        }

        VhdxMetadataTable items = ReadRecord(
            file,
            (long)metadata.FileOffset,
            VhdxMetadataTable.Size,
            "metadata table",
            bytes => VhdxMetadataTable.Read(bytes));
        VhdxStructure structure = new(header, regions, metadata, items, table, default, null);
        return structure.ReadItems(file);
    }

    /// <summary>A header, or why it is none.</summary>
    internal static (VhdxHeader? Header, ImageFault? Fault) TryHeader(IImageBytes file, long fileOffset) =>
        Try<VhdxHeader?>(file, fileOffset, VhdxHeader.Size, "header", bytes => VhdxHeader.Read(bytes));

    /// <summary>A region table, or why it is none.</summary>
    internal static (VhdxRegionTable? Table, ImageFault? Fault) TryRegions(IImageBytes file, long fileOffset) =>
        Try<VhdxRegionTable?>(
            file, fileOffset, VhdxRegionTable.Size, "region table", bytes => VhdxRegionTable.Read(bytes));

    private static VhdxHeader CurrentHeader(IImageBytes file)
    {
        (VhdxHeader? first, ImageFault? fault) = TryHeader(file, VhdxLayout.FirstHeader);
        (VhdxHeader? second, _) = TryHeader(file, VhdxLayout.SecondHeader);
        bool isFirst = second is null || first?.SequenceNumber >= second.Value.SequenceNumber;
        VhdxHeader header = (isFirst ? first : second) ?? throw fault!.Exception();
        if (first?.SequenceNumber == second?.SequenceNumber && first != second)
        {
            throw Fault(
                file,
                VhdxLayout.SecondHeader,
                "header, sequence number",
                $"another one than the first header's {header.SequenceNumber}",
                "the same");
        }

        if (header.LogGuid != Guid.Empty)
        {
            throw Fault(
                file,
                (ulong)(isFirst ? VhdxLayout.FirstHeader : VhdxLayout.SecondHeader),
                "header, log id",
                "none (changes in a log must be replayed first, by the program that wrote the image)",
                header.LogGuid.ToString());
        }

        return header;
    }

    private static VhdxRegionTable CurrentRegions(IImageBytes file)
    {
        (VhdxRegionTable? table, ImageFault? fault) = TryRegions(file, VhdxLayout.FirstRegionTable);
        return table ?? TryRegions(file, VhdxLayout.SecondRegionTable).Table ?? throw fault!.Exception();
    }

    private static VhdxRegionEntry Region(IImageBytes file, VhdxRegionTable regions, Guid id, string name)
    {
        foreach (VhdxRegionEntry entry in regions.Entries)
        {
            if (entry.Id == id)
            {
                return entry.FileOffset >= VhdxShape.Alignment
                    && entry.FileOffset % VhdxShape.Alignment == 0
                    && entry.FileOffset <= (ulong)file.Length
                    && entry.Length <= file.Length - (long)entry.FileOffset
                    ? entry
                    : throw Fault(
                        file,
                        entry.FileOffset,
                        name,
                        $"a place at a whole MiB in the {file.Length} bytes of the file",
                        $"{entry.Length} bytes at {entry.FileOffset}");
            }

            if (entry.Id != VhdxRegionEntry.Metadata
                && entry.Id != VhdxRegionEntry.BlockAllocationTable
                && (entry.Flags & VhdxRegionEntry.Required) != 0)
            {
                throw Fault(file, entry.FileOffset, "required region", "one that is known", entry.Id.ToString());
            }
        }

        throw Fault(file, VhdxLayout.FirstRegionTable, "region table", $"an entry for the {name}", "none");
    }

    private VhdxStructure ReadItems(IImageBytes file)
    {
        foreach (VhdxMetadataEntry entry in Items.Entries)
        {
            if ((entry.Flags & VhdxMetadataEntry.Required) != 0 && !VhdxMetadataEntry.IsKnown(entry.Id))
            {
                throw Fault(file, Metadata.FileOffset, "required metadata", "one that is known", entry.Id.ToString());
            }
        }

        byte[] parameters = Item(file, VhdxMetadataEntry.FileParameters, "file parameters", sizeof(ulong));
        uint blockBytes = BinaryPrimitives.ReadUInt32LittleEndian(parameters);
        Require(
            file,
            BitOperations.IsPow2(blockBytes) && blockBytes is >= MinBlockBytes and <= MaxBlockBytes,
            "block size",
            "a power of two from 1 MiB to 256 MiB",
            blockBytes);
        uint sectorBytes = Number(file, VhdxMetadataEntry.LogicalSectorSize, "logical sector size");
        Require(file, sectorBytes is 512 or 4096, "logical sector size", "512 or 4096", sectorBytes);
        _ = Number(file, VhdxMetadataEntry.PhysicalSectorSize, "physical sector size");
        _ = Item(file, VhdxMetadataEntry.VirtualDiskId, "virtual disk id", 16);
        ulong diskLength = BinaryPrimitives.ReadUInt64LittleEndian(
            Item(file, VhdxMetadataEntry.VirtualDiskSize, "virtual disk size", sizeof(ulong)));
        Require(
            file,
            diskLength is > 0 and <= (ulong)VhdxShape.MaxDiskLength && diskLength % sectorBytes == 0,
            "virtual disk size",
            $"whole sectors of {sectorBytes} bytes, at most {VhdxShape.MaxDiskLength}",
            diskLength);

        bool hasParent = (BinaryPrimitives.ReadUInt32LittleEndian(parameters.AsSpan(4)) & VhdxLayout.HasParent) != 0;
        VhdxShape shape = VhdxShape.Of((long)diskLength, (int)blockBytes, (int)sectorBytes, hasParent);
        Require(
            file,
            shape.TableEntries <= Table.Length / VhdxBatEntry.Size,
            "block allocation table",
            $"room for {shape.TableEntries} entries",
            Table.Length / VhdxBatEntry.Size);
        return this with { Shape = shape, Locator = hasParent ? ReadLocator(file) : null };
    }

    private VhdxParentLocator ReadLocator(IImageBytes file)
    {
        VhdxMetadataEntry entry = Find(file, VhdxMetadataEntry.ParentLocator, "parent locator");
        Require(
            file,
            entry.Length <= VhdxParentLocator.MaxBytes,
            "parent locator",
            $"at most {VhdxParentLocator.MaxBytes} bytes",
            entry.Length);
        return ReadRecord(
            file,
            (long)Metadata.FileOffset + entry.Offset,
            (int)entry.Length,
            "parent locator",
            bytes => VhdxParentLocator.Read(bytes));
    }

    private uint Number(IImageBytes file, Guid id, string name) =>
        BinaryPrimitives.ReadUInt32LittleEndian(Item(file, id, name, sizeof(uint)));

    private byte[] Item(IImageBytes file, Guid id, string name, int length)
    {
        VhdxMetadataEntry entry = Find(file, id, name);
        Require(file, entry.Length == length, name, $"{length} bytes", entry.Length);
        byte[] bytes = new byte[length];
        file.Read((long)Metadata.FileOffset + entry.Offset, bytes);
        return bytes;
    }

    private VhdxMetadataEntry Find(IImageBytes file, Guid id, string name)
    {
        foreach (VhdxMetadataEntry entry in Items.Entries)
        {
            if (entry.Id == id)
            {
                Require(
                    file,
                    entry.Offset >= VhdxMetadataTable.Size
                        && entry.Offset <= Metadata.Length
                        && entry.Length <= Metadata.Length - entry.Offset,
                    name,
                    $"a place behind the table in the {Metadata.Length} bytes of the region",
                    $"{entry.Length} bytes at {entry.Offset}");
                return entry;
            }
        }

        throw Fault(file, Metadata.FileOffset, "metadata table", $"an entry for the {name}", "none");
    }

    private void Require<T>(IImageBytes file, bool isTrue, string what, string expected, T found)
    {
        if (!isTrue)
        {
            throw Fault(file, Metadata.FileOffset, what, expected, $"{found}");
        }
    }

    private static (T? Value, ImageFault? Fault) Try<T>(
        IImageBytes file, long fileOffset, int size, string what, Func<byte[], T> read)
    {
        try
        {
            return (ReadRecord(file, fileOffset, size, what, read), null);
        }
        catch (ImageFormatException error)
        {
            return (default, new ImageFault(file.Name, fileOffset, what, "a valid one", error.Message));
        }
    }

    private static T ReadRecord<T>(IImageBytes file, long fileOffset, int size, string what, Func<byte[], T> read)
    {
        if (fileOffset > file.Length || size > file.Length - fileOffset)
        {
            throw Fault(file, (ulong)fileOffset, what, $"{size} bytes", $"a file of {file.Length} bytes");
        }

        byte[] bytes = new byte[size];
        file.Read(fileOffset, bytes);
        return read(bytes);
    }

    private static ImageFormatException Fault(
        IImageBytes file, ulong fileOffset, string what, string expected, string found) =>
        new ImageFault(file.Name, unchecked((long)fileOffset), what, expected, found).Exception();

    private static ImageFormatException Fault(
        IImageBytes file, long fileOffset, string what, string expected, string found) =>
        Fault(file, (ulong)fileOffset, what, expected, found);
}
