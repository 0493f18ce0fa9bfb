using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// Holds a sparse or streamOptimized file to the specification: everything lies in the file and nowhere twice, both
/// directories have the same grains, and compressed grains can be taken apart.
/// </summary>
internal sealed class VmdkForeignCheck(IImageBytes file, VmdkDescriptor descriptor, VmdkGrainContent grains)
{
    private readonly ClaimedSpace _space = new(file.Name, file.Length);

    internal IEnumerable<ImageFault> Run() =>
        Header().Concat(Directory()).Concat(RedundantDirectory()).Concat(Grains());

    private IEnumerable<ImageFault> Header()
    {
        VmdkSparseHeader header = grains.Header;
        if (grains.Front.UncleanShutdown != 0)
        {
            yield return Fault(0, "header, uncleanShutdown", "0", $"{grains.Front.UncleanShutdown}");
        }

        if (descriptor.Extent.Sectors != (long)header.Capacity)
        {
            yield return Fault(
                (long)grains.Front.DescriptorOffset * Sector.Bytes, "descriptor, extent",
                $"the header's {header.Capacity} sectors", $"{descriptor.Extent.Sectors}");
        }

        if (_space.Claim(0, VmdkSparseHeader.Size, "header") is { } fault)
        {
            yield return fault;
        }

        if (_space.Claim(
            (long)grains.Front.DescriptorOffset * Sector.Bytes, (long)grains.Front.DescriptorSize * Sector.Bytes,
            "descriptor") is { } overlap)
        {
            yield return overlap;
        }
    }

    private IEnumerable<ImageFault> Directory()
    {
        if (ClaimTable((long)grains.Header.GrainDirectoryOffset, grains.TableCount, "grain directory") is { } fault)
        {
            yield return fault;
        }

        for (long table = 0; table < grains.TableCount; table++)
        {
            long sector = grains.TableSector(table);
            if (sector != 0
                && ClaimTable(sector, grains.Header.GrainTableEntries, $"grain table {table}") is { } overlap)
            {
                yield return overlap;
            }
        }
    }

    private IEnumerable<ImageFault> RedundantDirectory()
    {
        VmdkSparseHeader header = grains.Header;
        if ((header.Flags & VmdkSparseHeader.HasRedundantDirectory) == 0 || header.RedundantGrainDirectoryOffset == 0)
        {
            yield break;
        }

        if (header.RedundantGrainDirectoryOffset > VmdkLimits.SparseFileLengthLimit / Sector.Bytes)
        {
            yield return Fault(
                0, "header, rgdOffset", "a sector of the file", $"{header.RedundantGrainDirectoryOffset}");
            yield break;
        }

        long offset = (long)header.RedundantGrainDirectoryOffset;
        if (ClaimTable(offset, grains.TableCount, "redundant grain directory") is { } fault)
        {
            yield return fault;
        }

        TableWindow directory = Table(offset, grains.TableCount, "redundant grain directory");
        for (long table = 0; table < grains.TableCount; table++)
        {
            long sector = (long)directory[table];
            if ((sector == 0) != (grains.TableSector(table) == 0))
            {
                yield return Fault(
                    directory.OffsetOf(table), $"redundant grain directory, entry {table}",
                    $"{grains.TableSector(table)}, or both tables", $"{sector}");
            }
            else if (sector != 0)
            {
                foreach (ImageFault difference in CompareTable(table, sector))
                {
                    yield return difference;
                }
            }
        }
    }

    private IEnumerable<ImageFault> CompareTable(long table, long sector)
    {
        uint entries = grains.Header.GrainTableEntries;
        string name = $"redundant grain table {table}";
        if (sector != grains.TableSector(table) && ClaimTable(sector, entries, name) is { } fault)
        {
            yield return fault;
        }

        TableWindow redundant = Table(sector, entries, name);
        for (long index = 0; index < entries && (table * entries) + index < grains.GrainCount; index++)
        {
            long expected = grains.EntryOf((table * entries) + index);
            if ((long)redundant[index] != expected)
            {
                yield return Fault(
                    redundant.OffsetOf(index), $"{name}, entry {index}", $"{expected}", $"{redundant[index]}");
            }
        }
    }

    private IEnumerable<ImageFault> Grains()
    {
        for (long table = 0; table < grains.TableCount; table++)
        {
            foreach (long grain in grains.StoredIn(table).Where(grain => !grains.IsZeros(grains.EntryOf(grain))))
            {
                int length = grains.BytesOf(grain);
                ImageFault? fault = grains.IsCompressed ? grains.TryInflate(grain, out length) : null;
                fault ??= _space.Claim(
                    grains.EntryOf(grain) * Sector.Bytes, Sector.RoundUp(length, Sector.Bytes), $"grain {grain}");
                if (fault is not null)
                {
                    yield return fault;
                }
            }
        }
    }

    private ImageFault? ClaimTable(long sector, long entries, string what) =>
        _space.Claim(sector * Sector.Bytes, Sector.RoundUp(entries * sizeof(uint), Sector.Bytes), what);

    private TableWindow Table(long sector, long entries, string what) =>
        new(file, sector * Sector.Bytes, entries, sizeof(uint), isBigEndian: false, what);

    private ImageFault Fault(long offset, string what, string expected, string found) =>
        new(file.Name, offset, what, expected, found);
}
