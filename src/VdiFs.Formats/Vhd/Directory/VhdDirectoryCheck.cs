using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd.Directory;

/// <summary>
/// Whether every file of a VHD directory is right: laid out once more from what its records say, and compared.
/// </summary>
internal static class VhdDirectoryCheck
{
    // blktap's checker refuses what is made later; clocks differ.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(30);

    internal static IEnumerable<ImageFault> Run(
        VhdDirectoryRecords records, ImageReader? parent, CheckOptions options) =>
        CheckIds(records, parent, options)
            .Concat(options.AcceptForeign ? CheckForeign(records) : CheckOurs(records));

    /// <summary>A file that has another length.</summary>
    internal static ImageFault LengthFault(VhdDirectoryRecords records, string path, long expected, long? found) =>
        Fault(records, path, 0, "file", $"{expected} bytes", found is null ? "none" : $"{found} bytes");

    private static IEnumerable<ImageFault> CheckOurs(VhdDirectoryRecords records)
    {
        VhdDirectory? expected = TryLayOut(records, out ImageFault? fault);
        if (expected is null)
        {
            return [fault!];
        }

        IEnumerable<ImageFault> faults = VhdDirectory.RecordNames.SelectMany(
            name => Compare(records, name, expected.Find(name)!));
        return faults.Concat(CompareBlocks(records, expected)).Concat(FindStrangers(records, expected));
    }

    private static VhdDirectory? TryLayOut(VhdDirectoryRecords records, out ImageFault? fault)
    {
        fault = null;
        DiskIdentity identity = new(records.Footer.UniqueId, VhdFooter.InstantOf(records.Footer.Timestamp));
        try
        {
            return records is { IsDifferencing: true, Header.Parent: { } parent }
                ? VhdDirectory.CreateDelta(
                    identity,
                    records.Stored,
                    records.Stored,
                    new DiskIdentity(parent.UniqueId, VhdFooter.InstantOf(parent.Timestamp)),
                    parent.Name)
                : VhdDirectory.Create(identity, records.Stored);
        }
        catch (ImageFormatException refusal)
        {
            fault = Fault(records, VhdDirectory.HeaderName, 0, "header", "one that VdiFs writes", refusal.Message);
            return null;
        }
    }

    private static IEnumerable<ImageFault> CompareBlocks(VhdDirectoryRecords records, VhdDirectory expected)
    {
        for (long block = expected.NextStored(0); block < expected.BlockCount; block = expected.NextStored(block + 1))
        {
            foreach (ImageFault fault in Compare(
                records, VhdDirectory.PathOfBlock(block), expected.LayOutBlock(block)))
            {
                yield return fault;
            }
        }
    }

    private static IEnumerable<ImageFault> Compare(VhdDirectoryRecords records, string path, ImageLayout expected) =>
        records.Directory.LengthOf(path) is not { } length
            ? [LengthFault(records, path, expected.Length, found: null)]
            : GeneratedBytes.Compare(
                new VhdDirectoryFile(records.Directory, path, length), expected, offset => NameOf(path, offset));

    private static string NameOf(string path, long offset) =>
        !path.StartsWith(VhdDirectory.BlocksName, StringComparison.Ordinal) ? path
        : offset < VhdPlaces.SectorBitmapBytes ? "sector bitmap"
        : "padding behind the disk";

    /// <summary>What nothing names.</summary>
    private static IEnumerable<ImageFault> FindStrangers(VhdDirectoryRecords records, VhdDirectory expected)
    {
        foreach (string name in records.Directory.List("").Where(name => !VhdDirectory.IsPart(name)))
        {
            yield return Stranger(records, name);
        }

        foreach (string group in records.Directory.List(VhdDirectory.BlocksName))
        {
            string directory = $"{VhdDirectory.BlocksName}/{group}";
            if (!expected.HasDirectory(directory))
            {
                yield return Stranger(records, directory);
                continue;
            }

            foreach (string name in records.Directory.List(directory))
            {
                if (expected.Find($"{directory}/{name}") is null)
                {
                    yield return Stranger(records, $"{directory}/{name}");
                }
            }
        }
    }

    private static ImageFault Stranger(VhdDirectoryRecords records, string path) =>
        Fault(records, path, 0, "directory", "nothing that the bit array and the format do not name", path);

    private static IEnumerable<ImageFault> CheckForeign(VhdDirectoryRecords records)
    {
        if (records.Header.MaxTableEntries < records.Stored.GranuleCount)
        {
            yield return Fault(
                records,
                VhdDirectory.HeaderName,
                28,
                "max table entries",
                $"at least {records.Stored.GranuleCount}",
                $"{records.Header.MaxTableEntries}");
        }

        for (long block = records.Stored.NextAllocated(0);
            block < records.Stored.GranuleCount;
            block = records.Stored.NextAllocated(block + 1))
        {
            if (CheckForeignBlock(records, VhdDirectory.PathOfBlock(block)) is { } fault)
            {
                yield return fault;
            }
        }
    }

    private static ImageFault? CheckForeignBlock(VhdDirectoryRecords records, string path)
    {
        if (VhdChunkFilter.IsNone(records.Filter))
        {
            long? length = records.Directory.LengthOf(path);
            return length != VhdDirectory.BlockFileBytes
                ? LengthFault(records, path, VhdDirectory.BlockFileBytes, length)
                : FixedBytes.Find(
                    new VhdDirectoryFile(records.Directory, path, VhdDirectory.BlockFileBytes),
                    0,
                    VhdPlaces.SectorBitmapBytes,
                    0xFF,
                    "sector bitmap");
        }

        byte[] content = VhdChunkFilter.Read(
            records.Directory, path, records.Filter, (int)VhdDirectory.BlockFileBytes);
        if (content.Length != VhdDirectory.BlockFileBytes)
        {
            return LengthFault(records, path, VhdDirectory.BlockFileBytes, content.Length);
        }

        int other = content.AsSpan(0, VhdPlaces.SectorBitmapBytes).IndexOfAnyExcept((byte)0xFF);
        return other < 0
            ? null
            : Fault(records, path, other, "sector bitmap", "0xff", $"0x{content[other]:x2}");
    }

    private static IEnumerable<ImageFault> CheckIds(
        VhdDirectoryRecords records, ImageReader? parent, CheckOptions options)
    {
        if (records.Footer.UniqueId == Guid.Empty)
        {
            yield return Fault(records, VhdDirectory.FooterName, 68, "unique id", "any but null", "null");
        }

        // Xen Orchestra counts from another year.
        if (!options.AcceptForeign && options.Now is { } now
            && records.Footer.Timestamp > VhdFooter.TimestampOf(now + ClockTolerance))
        {
            yield return Fault(
                records,
                VhdDirectory.FooterName,
                24,
                "time stamp",
                $"at most {VhdFooter.TimestampOf(now)}",
                $"{records.Footer.Timestamp}");
        }

        if (parent is not null)
        {
            foreach (ImageFault fault in CheckParent(records, parent, options))
            {
                yield return fault;
            }
        }
    }

    private static IEnumerable<ImageFault> CheckParent(
        VhdDirectoryRecords records, ImageReader parent, CheckOptions options)
    {
        if (parent is not IVhdImage vhd)
        {
            yield return Fault(
                records, VhdDirectory.HeaderName, 40, "parent", "a VHD", $"a {parent.FormatName} image");
            yield break;
        }

        Guid parentId = records.Header.Parent?.UniqueId ?? Guid.Empty;
        if (parentId != vhd.UniqueId)
        {
            yield return Fault(
                records,
                VhdDirectory.HeaderName,
                40,
                "parent unique id",
                $"{vhd.UniqueId} as in the parent",
                $"{parentId}");
        }

        if (!options.AcceptForeign && records.Header.Parent?.Timestamp != vhd.Timestamp)
        {
            yield return Fault(
                records,
                VhdDirectory.HeaderName,
                56,
                "parent time stamp",
                $"{vhd.Timestamp} as in the parent",
                $"{records.Header.Parent?.Timestamp}");
        }

        if (!options.AcceptForeign && parent.DiskLength != records.DiskLength)
        {
            yield return Fault(
                records,
                VhdDirectory.FooterName,
                48,
                "current size",
                $"{parent.DiskLength} bytes as in the parent",
                $"{records.DiskLength} bytes");
        }
    }

    private static ImageFault Fault(
        VhdDirectoryRecords records, string path, long offset, string what, string expected, string found) =>
        new($"{records.Directory.Name}/{path}", offset, what, expected, found);
}
