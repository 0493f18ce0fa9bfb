using VdiFs.Disks;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;

namespace VdiFs.Tree;

/// <summary>A disk shown as a file of one format.</summary>
internal sealed class ImageNode(ulong id, DiskEntry disk, ImageFormat format, bool chosen) : Node(id)
{
    public DiskEntry Disk { get; } = disk;

    public ImageFormat Format { get; } = format;

    public override DateTimeOffset ModifiedTime => Disk.Identity.SnapshotTime;

    /// <summary>Only those of the chosen formats. A file that its format cannot hold opens too, to say why not.</summary>
    public override bool IsListed => chosen && Refusal is null;

    public override IDiskUsage? Usage => Disk.Usage;

    public override string UsedAs => Format.FileName;

    /// <summary>Why the format cannot hold the disk, as far as known; null: it can, or may.</summary>
    public string? Refusal =>
        Map is { } map ? Format.RefusalFor(map)
        : Disk.KnownLength is { } length ? Format.RefusalFor(length)
        : null;

    /// <summary>
    /// The file's length when all that merely looks at it is answered from that, whether the disk is open or not:
    /// looking into the disk would cost the source something. Null for any other file.
    /// </summary>
    public long? LengthToShow =>
        Disk.MapCosts && !Format.IsPacked && Disk.KnownLength is { } length && Format.RefusalFor(length) is null
            ? Format.CreateLayout(Disk.Identity, AllocationMap.Full(length, AllocationMap.DefaultGranuleBytes)).Length
            : null;

    // The map that the file is laid out by, if it is there.
    private AllocationMap? Map => Format.IsPacked ? Disk.Opened?.PackingMap : Disk.Opened?.Map;
}
