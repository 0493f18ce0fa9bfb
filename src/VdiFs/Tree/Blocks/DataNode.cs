using VdiFs.Disks;

namespace VdiFs.Tree.Blocks;

/// <summary>
/// The directory, beside a disk's files, in which the alias has its VHD directory. Each place of the disk has one of its
/// own: the kernel knows a directory in one place alone.
/// </summary>
internal sealed class DataNode(ulong id, DiskNode place) : DirectoryNode(id)
{
    public DiskNode Place { get; } = place;

    public DiskEntry Disk { get; } = place.Disk;

    public override DateTimeOffset ModifiedTime => Disk.Identity.SnapshotTime;
}
