using VdiFs.Disks;

namespace VdiFs.Tree.Blocks;

/// <summary>A disk as a VHD directory of Xen Orchestra.</summary>
internal sealed class VhdNode(ulong id, DiskNode place, DiskEntry disk) : DirectoryNode(id)
{
    public DiskNode Place { get; } = place;

    public DiskEntry Disk { get; } = disk;

    public override DateTimeOffset ModifiedTime => Disk.Identity.SnapshotTime;
}
