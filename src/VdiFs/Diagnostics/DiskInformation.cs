using System.Text.Json;
using VdiFs.Disks;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Vhd.Directory;

namespace VdiFs.Diagnostics;

/// <summary>Makes info.json: what a disk is, and what became of each format.</summary>
internal static class DiskInformation
{
    /// <summary>Describes a disk by what is known of it just now.</summary>
    public static byte[] Write(DiskEntry entry)
    {
        OpenDisk? disk = entry.Opened;
        return Serialize(Describe(entry) with
        {
            Length = entry.KnownLength,
            AllocatedBytes = (disk?.PackingMap ?? disk?.Map)?.AllocatedBytes,
            Allocation = disk is null ? AllocationText.NotLookedAt : AllocationText.Of(disk),
            Formats =
            [
                .. ImageFormats.All.Select(format => Describe(entry, format)),
                DescribeDirectory(entry),
            ],
        });
    }

    /// <summary>Describes a disk that could not be opened.</summary>
    public static byte[] WriteFailure(DiskEntry entry, string error) =>
        Serialize(Describe(entry) with { Length = entry.KnownLength, Error = error });

    private static DiskInformationDocument Describe(DiskEntry entry) => new(
        entry.Name,
        entry.Description,
        entry.Origin,
        entry.Identity.Uuid,
        entry.Identity.SnapshotTime,
        ImageFormat.LayoutVersion,
        Length: null,
        AllocatedBytes: null,
        Allocation: null,
        Formats: [],
        Error: null);

    private static FormatDocument Describe(DiskEntry entry, ImageFormat format)
    {
        string? refusal = entry.KnownLength is { } length ? format.RefusalFor(length) : null;
        AllocationMap? map = MapOf(entry, format);
        refusal ??= map is null ? null : format.RefusalFor(map);
        return new FormatDocument(
            format.FileName,
            map is null || refusal is not null ? null : format.CreateLayout(entry.Identity, map).Length,
            refusal);
    }

    private static FormatDocument DescribeDirectory(DiskEntry entry)
    {
        string? refusal = entry.KnownLength is { } length ? VhdDirectory.RefusalFor(length) : null;
        return new FormatDocument(
            $"{VhdDirectory.ParentName}/{VhdDirectory.OwnName}",
            refusal is null && entry.Opened?.PackingMap is { } map
                ? VhdDirectory.Create(entry.Identity, map).Length
                : null,
            refusal);
    }

    // The map that the file is, or will be, as long as.
    private static AllocationMap? MapOf(DiskEntry entry, ImageFormat format) =>
        format.IsPacked ? entry.Opened?.PackingMap
        : entry.KnownLength is { } length ? AllocationMap.Full(length, AllocationMap.DefaultGranuleBytes)
        : null;

    private static byte[] Serialize(DiskInformationDocument document) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(document, DocumentJson.Readable.DiskInformationDocument), (byte)'\n'];
}
