using System.Text.Json;
using VdiFs.Disks;
using VdiFs.Formats;

namespace VdiFs.Diagnostics;

/// <summary>Makes info.json: what a disk is, and what became of each format.</summary>
internal static class DiskInformation
{
    /// <summary>Describes an open disk.</summary>
    public static byte[] Write(DiskEntry entry, OpenDisk disk) => Serialize(Describe(entry) with
    {
        Length = disk.Length,
        AllocatedBytes = disk.Map.AllocatedBytes,
        Allocation = AllocationText.Of(disk),
        Formats = [.. ImageFormats.All.Select(format => Describe(entry, disk, format))],
    });

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

    private static FormatDocument Describe(DiskEntry entry, OpenDisk disk, ImageFormat format) =>
        format.RefusalFor(disk.Map) is { } refusal
            ? new FormatDocument(format.FileName, Length: null, refusal)
            : new FormatDocument(format.FileName, format.CreateLayout(entry.Identity, disk.Map).Length, Refusal: null);

    private static byte[] Serialize(DiskInformationDocument document) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(document, DocumentJson.Readable.DiskInformationDocument), (byte)'\n'];
}
