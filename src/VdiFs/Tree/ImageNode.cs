using VdiFs.Disks;
using VdiFs.Formats;

namespace VdiFs.Tree;

/// <summary>A disk shown as a file of one format.</summary>
internal sealed class ImageNode(ulong id, DiskEntry disk, ImageFormat format, bool chosen)
    : Node(id, format.FileName, disk.Identity.SnapshotTime)
{
    public DiskEntry Disk { get; } = disk;

    public ImageFormat Format { get; } = format;

    /// <summary>Whether the directory lists it. The others open all the same when asked for by name; so does a file
    /// that its format cannot hold, to say why not.</summary>
    public bool IsListed => chosen && Refusal is null;

    /// <summary>Why the format cannot hold the disk, as far as known; null: it can, or may.</summary>
    public string? Refusal =>
        Disk.Opened is { } open ? Format.RefusalFor(open.Map)
        : Disk.KnownLength is { } length ? Format.RefusalFor(length)
        : null;
}
