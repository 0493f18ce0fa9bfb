using VdiFs.Formats.Allocation;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// Holds a sparse or streamOptimized file to what this product writes: from which grains its tables have, the file is
/// laid out once more, and every byte that is not the disk's is compared, both copies of the tables and the checksums of
/// grains included.
/// </summary>
internal sealed class VmdkGrainCheck(
    IImageBytes file, VmdkDescriptor descriptor, VmdkGrainContent grains, ImageReader? parent)
{
    // The grain whose checksum is looked at.
    private byte[] _grain = [];

    private long DescriptorOffset => (long)grains.Front.DescriptorOffset * Sector.Bytes;

    internal IEnumerable<ImageFault> Run()
    {
        VmdkSparseHeader header = grains.Header;
        if (grains.GrainBytes != VmdkSparseLayout.GrainBytes)
        {
            // Another layout altogether: everything else would differ too.
            yield return Fault(
                "header, grainSize", $"{VmdkSparseLayout.GrainBytes / Sector.Bytes}", $"{header.GrainSize}");
            yield break;
        }

        if (header.GrainTableEntries != VmdkSparseShape.GrainTableEntries)
        {
            yield return Fault(
                "header, numGTEsPerGT", $"{VmdkSparseShape.GrainTableEntries}", $"{header.GrainTableEntries}");
            yield break;
        }

        foreach (ImageFault fault in VmdkDescriptorCheck.Names(file, DescriptorOffset, descriptor))
        {
            yield return fault;
        }

        AllocationMap stored = ReadTables();
        long length = grains.IsCompressed
            ? new VmdkStreamShape(stored).FileLength
            : VmdkSparseShape.Of(stored).FileLength;
        if (length >= VmdkLimits.SparseFileLengthLimit)
        {
            yield return Fault(
                "grain tables", $"grains for a file below {VmdkLimits.SparseFileLengthLimit} bytes", $"{length} bytes");
            yield break;
        }

        foreach (ImageFault fault in GeneratedBytes.Compare(file, Expected(stored), NameOf(stored), ReadGrain))
        {
            yield return fault;
        }
    }

    private ImageLayout Expected(AllocationMap stored)
    {
        VmdkExtent extent = VmdkExtent.Sparse((long)grains.Header.Capacity, descriptor.Extent.FileName);
        return grains.IsCompressed
            ? VmdkStreamLayout.Create(
                stored, VmdkDescriptorCheck.Expected(descriptor, VmdkCreateType.Stream, extent, parent: null))
            : VmdkSparseLayout.Create(
                stored, stored, VmdkDescriptorCheck.Expected(descriptor, VmdkCreateType.Sparse, extent, parent));
    }

    /// <summary>Which grains the (primary) tables have.</summary>
    /// <exception cref="ImageFormatException">The tables do not follow each other: so each is looked at once.</exception>
    private AllocationMap ReadTables()
    {
        AllocationMapBuilder builder = new(grains.DiskLength, grains.GrainBytes);
        long last = 0;
        for (long table = 0; table < grains.TableCount; table++)
        {
            long sector = grains.TableSector(table);
            if (sector == 0)
            {
                continue;
            }

            if (sector < last + VmdkSparseShape.GrainTableSectors)
            {
                throw Fault(
                    $"grain directory, entry {table}", $"a sector behind table at {last}", $"{sector}").Exception();
            }

            last = sector;
            foreach (long grain in grains.StoredIn(table))
            {
                builder.Mark(grain * grains.GrainBytes, grains.BytesOf(grain));
            }
        }

        return builder.Build();
    }

    /// <summary>The grain that the checksum at this file offset is of, until the next one is asked for.</summary>
    private byte[] ReadGrain(long fileOffset)
    {
        if (_grain.Length == 0)
        {
            _grain = GC.AllocateUninitializedArray<byte>(VmdkStreamGrain.GrainBytes);
        }

        long second = fileOffset - VmdkStreamGrain.BlockBytes;
        file.Read(second, _grain.AsSpan(VmdkStreamGrain.BlockBytes));
        file.Read(
            second - VmdkStreamGrain.BlockHeaderBytes - VmdkStreamGrain.BlockBytes,
            _grain.AsSpan(0, VmdkStreamGrain.BlockBytes));
        return _grain;
    }

    private Func<long, string> NameOf(AllocationMap stored)
    {
        (long End, string Name)[] behind = grains.IsCompressed ? StreamParts(stored) : SparseParts(stored);
        return offset => offset < VmdkSparseHeader.Size
            ? "header, " + VmdkSparseHeader.FieldAt((int)offset)
            : behind.First(part => offset < part.End * Sector.Bytes).Name;
    }

    private static (long End, string Name)[] SparseParts(AllocationMap stored)
    {
        VmdkSparseShape shape = VmdkSparseShape.Of(stored);
        return
        [
            (shape.RedundantOffset, "descriptor"),
            (shape.RedundantOffset + shape.DirectorySectors, "redundant grain directory"),
            (shape.PrimaryOffset, "redundant grain table"),
            (shape.PrimaryOffset + shape.DirectorySectors, "grain directory"),
            (shape.End, "grain table"),
            (shape.OverHead, "padding behind the grain tables"),
            (long.MaxValue / Sector.Bytes, "zeros behind the end of the disk"),
        ];
    }

    private static (long End, string Name)[] StreamParts(AllocationMap stored)
    {
        VmdkStreamShape shape = new(stored);
        return
        [
            (VmdkSparseShape.DescriptorOffset + VmdkSparseShape.DescriptorSectors, "descriptor"),
            (VmdkStreamShape.OverHead, "padding behind the descriptor"),
            (shape.DirectorySector - 1, "grain or grain table, with its marker"),
            (shape.DirectorySector, "marker of the grain directory"),
            (shape.DirectorySector + shape.DirectorySectors, "grain directory"),
            (shape.DirectorySector + shape.DirectorySectors + 1, "marker of the footer"),
            (shape.DirectorySector + shape.DirectorySectors + 2, "footer"),
            (long.MaxValue / Sector.Bytes, "end of the stream"),
        ];
    }

    private ImageFault Fault(string what, string expected, string found) => new(file.Name, 0, what, expected, found);
}
