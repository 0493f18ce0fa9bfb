using VdiFs.Disks;

namespace VdiFs.Tree;

/// <summary>The directory of a disk at one place of the tree. The files in it are the same at all its places.</summary>
internal sealed class DiskNode(ulong id, DiskEntry disk) : DirectoryNode(id)
{
    private volatile DiskEntry _disk = disk;

    /// <summary>The disk that it shows now.</summary>
    public DiskEntry Disk => _disk;

    public override DateTimeOffset ModifiedTime => _disk.Identity.SnapshotTime + InformationNode.Newer;

    internal void Follow(DiskEntry disk) => _disk = disk;
}
