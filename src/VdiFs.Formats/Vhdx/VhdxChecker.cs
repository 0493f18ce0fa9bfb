using VdiFs.Formats.Allocation;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhdx;

/// <summary>Finds what is wrong with a VHDX that can be read.</summary>
internal sealed class VhdxChecker(IImageBytes file, VhdxStructure structure, TableWindow table)
{
    private readonly ClaimedSpace _space = new(file.Name, file.Length);

    private VhdxShape Shape => structure.Shape;

    /// <summary>In the order of the file; what the specification says first, then what this product writes.</summary>
    internal IEnumerable<ImageFault> Faults(bool acceptForeign)
    {
        IEnumerable<ImageFault> faults = Headers().Concat(RegionTables()).Concat(Metadata()).Concat(Table());
        if (file.Length % VhdxShape.Alignment != 0)
        {
            faults = faults.Append(Fault(file.Length, "end of the file", "a whole MiB", $"{file.Length} bytes"));
        }

        return acceptForeign ? faults : faults.Concat(_space.Unclaimed()).Concat(Own());
    }

    private IEnumerable<ImageFault> Headers()
    {
        foreach (ImageFault fault in Claim(0, VhdxShape.Alignment, "headers"))
        {
            yield return fault;
        }

        (VhdxHeader? first, ImageFault? firstFault) = VhdxStructure.TryHeader(file, VhdxLayout.FirstHeader);
        (VhdxHeader? second, ImageFault? secondFault) = VhdxStructure.TryHeader(file, VhdxLayout.SecondHeader);
        foreach (ImageFault? fault in new[] { firstFault, secondFault })
        {
            if (fault is not null)
            {
                yield return fault;
            }
        }

        if (first?.SequenceNumber == second?.SequenceNumber)
        {
            yield return Fault(
                VhdxLayout.SecondHeader + 8,
                "header, sequence number",
                $"another one than the first header's {first?.SequenceNumber}",
                "the same");
        }

        VhdxHeader header = structure.Header;
        if (header.LogOffset % VhdxShape.Alignment != 0 || header.LogLength % VhdxShape.Alignment != 0)
        {
            yield return Fault(
                VhdxLayout.FirstHeader,
                "header, log",
                "a place and a length in whole MiB",
                $"{header.LogLength} bytes at {header.LogOffset}");
        }

        foreach (ImageFault fault in Claim(header.LogOffset, header.LogLength, "log"))
        {
            yield return fault;
        }
    }

    private IEnumerable<ImageFault> RegionTables()
    {
        (VhdxRegionTable? first, ImageFault? firstFault) = VhdxStructure.TryRegions(file, VhdxLayout.FirstRegionTable);
        (VhdxRegionTable? second, ImageFault? secondFault) =
            VhdxStructure.TryRegions(file, VhdxLayout.SecondRegionTable);
        foreach (ImageFault? fault in new[] { firstFault, secondFault })
        {
            if (fault is not null)
            {
                yield return fault;
            }
        }

        if (first is not null && second is not null && !first.Entries.SequenceEqual(second.Entries))
        {
            yield return Fault(VhdxLayout.SecondRegionTable, "region table", "the same as the first", "another");
        }

        HashSet<Guid> ids = [];
        foreach (VhdxRegionEntry entry in structure.Regions.Entries)
        {
            if (!ids.Add(entry.Id))
            {
                yield return Fault(VhdxLayout.FirstRegionTable, $"region {entry.Id}", "one entry", "two");
            }

            if (entry.Length == 0 || entry.Length % VhdxShape.Alignment != 0)
            {
                yield return Fault(
                    VhdxLayout.FirstRegionTable, $"region {entry.Id}, length", "whole MiB", $"{entry.Length} bytes");
            }

            foreach (ImageFault fault in Claim(entry.FileOffset, entry.Length, $"region {entry.Id}"))
            {
                yield return fault;
            }
        }
    }

    private IEnumerable<ImageFault> Metadata()
    {
        long start = (long)structure.Metadata.FileOffset;
        ClaimedSpace room = new(file.Name, structure.Metadata.Length);
        _ = room.Claim(0, VhdxMetadataTable.Size, "metadata table");
        HashSet<(Guid, uint)> ids = [];
        foreach (VhdxMetadataEntry entry in structure.Items.Entries)
        {
            // An item of a user may have the id of one of the system.
            if (!ids.Add((entry.Id, entry.Flags & VhdxMetadataEntry.User)))
            {
                yield return Fault(start, $"metadata {entry.Id}", "one entry", "two");
            }

            // An empty item has no place.
            if (entry.Length > 0
                && room.Claim(entry.Offset, entry.Length, $"metadata {entry.Id}") is { } fault)
            {
                yield return fault with { FileOffset = start + fault.FileOffset };
            }
        }
    }

    private IEnumerable<ImageFault> Table()
    {
        for (long chunk = 0; chunk < Shape.Chunks; chunk++)
        {
            bool needsBitmap = false;
            long end = Math.Min(Shape.Blocks, (chunk + 1) * Shape.ChunkBlocks);
            for (long block = chunk * Shape.ChunkBlocks; block < end; block++)
            {
                VhdxBatEntry entry = new(table[Shape.EntryOfBlock(block)]);
                needsBitmap |= entry.State == VhdxBlockState.PartiallyPresent;
                foreach (ImageFault fault in PayloadEntry(entry, block))
                {
                    yield return fault;
                }
            }

            if (Shape.EntryOfBitmap(chunk) < Shape.TableEntries)
            {
                foreach (ImageFault fault in BitmapEntry(chunk, needsBitmap))
                {
                    yield return fault;
                }
            }
        }
    }

    private IEnumerable<ImageFault> PayloadEntry(VhdxBatEntry entry, long block)
    {
        bool isKnown = entry.State switch
        {
            VhdxBlockState.PartiallyPresent => structure.Locator is not null,
            _ => Enum.IsDefined(entry.State),
        };
        if (!isKnown || entry.Reserved != 0)
        {
            yield return Fault(
                table.OffsetOf(Shape.EntryOfBlock(block)),
                $"entry of payload block {block}",
                "a state that such an image has, and zeros behind it",
                $"0x{entry.Value:x16}");
        }

        if (entry.IsStored)
        {
            foreach (ImageFault fault in Claim(entry.FileOffset, Shape.BlockBytes, $"payload block {block}"))
            {
                yield return fault;
            }
        }
    }

    private IEnumerable<ImageFault> BitmapEntry(long chunk, bool isNeeded)
    {
        VhdxBatEntry entry = new(table[Shape.EntryOfBitmap(chunk)]);
        bool isAllowed = entry.State switch
        {
            VhdxBlockState.NotPresent => !isNeeded,
            VhdxBlockState.Present => structure.Locator is not null,
            _ => false,
        };
        if (!isAllowed || entry.Reserved != 0)
        {
            yield return Fault(
                table.OffsetOf(Shape.EntryOfBitmap(chunk)),
                $"entry of sector bitmap block {chunk}",
                isNeeded ? "one that is present" : "one that such an image has",
                $"0x{entry.Value:x16}");
        }

        if (entry.State == VhdxBlockState.Present)
        {
            foreach (ImageFault fault in Claim(entry.FileOffset, VhdxShape.Alignment, $"sector bitmap block {chunk}"))
            {
                yield return fault;
            }
        }
    }

    /// <summary>Makes the image again of what this one says, and compares all but the disk's bytes.</summary>
    private IEnumerable<ImageFault> Own()
    {
        if (Shape.BlockBytes != VhdxShape.BlockBytesFor(Shape.DiskLength)
            || Shape.SectorBytes != VhdxLayout.LogicalSectorBytes)
        {
            return
            [
                Fault(
                    (long)structure.Metadata.FileOffset,
                    "sizes of payload blocks and sectors",
                    $"{VhdxShape.BlockBytesFor(Shape.DiskLength)} and {VhdxLayout.LogicalSectorBytes} bytes",
                    $"{Shape.BlockBytes} and {Shape.SectorBytes} bytes"),
            ];
        }

        AllocationMapBuilder stored = new(Shape.DiskLength, Shape.BlockBytes);
        for (long block = 0; block < Shape.Blocks; block++)
        {
            if (new VhdxBatEntry(table[Shape.EntryOfBlock(block)]).IsStored)
            {
                long start = block * Shape.BlockBytes;
                stored.Mark(start, Math.Min(Shape.BlockBytes, Shape.DiskLength - start));
            }
        }

        ImageLayout own = VhdxLayout.Create(
            structure.Header.DataWriteGuid,
            AllocationMap.Full(Shape.DiskLength, Shape.BlockBytes),
            stored.Build(),
            structure.Locator);
        return GeneratedBytes.Compare(file, own, NameOf);
    }

    private string NameOf(long fileOffset) => fileOffset switch
    {
        < VhdxLayout.FirstHeader => "file type identifier",
        < VhdxLayout.FirstRegionTable => "header",
        < VhdxShape.LogOffset => "region table",
        < VhdxShape.MetadataOffset => "log",
        < VhdxShape.TableOffset => "metadata",
        _ => fileOffset < VhdxShape.TableOffset + Shape.TableBytes
            ? "block allocation table"
            : "sector bitmap block, or behind the end of the disk",
    };

    private IEnumerable<ImageFault> Claim(ulong fileOffset, long length, string what) =>
        fileOffset % VhdxShape.Alignment != 0 || fileOffset > long.MaxValue
            ? [Fault(unchecked((long)fileOffset), what, "a place at a whole MiB in the file", $"{fileOffset}")]
            : _space.Claim((long)fileOffset, length, what) is { } fault ? [fault] : [];

    private ImageFault Fault(long fileOffset, string what, string expected, string found) =>
        new(file.Name, fileOffset, what, expected, found);
}
