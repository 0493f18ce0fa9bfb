using VdiFs.Disks;
using VdiFs.Tree.Blocks;

namespace VdiFs.Tree;

/// <summary>The directory of a disk at one place of the tree. The files in it are the same at all its places.</summary>
internal sealed class DiskNode(ulong id, DiskEntry disk) : DirectoryNode(id)
{
    private volatile DiskEntry _disk = disk;

    /// <summary>The disk that it shows now.</summary>
    public DiskEntry Disk => _disk;

    /// <summary>The directory in which the alias has its VHD directory; null while nobody has looked for it. Guarded by
    /// the tree's lock.</summary>
    public DataNode? Data { get; private set; }

    public override DateTimeOffset ModifiedTime => _disk.Identity.SnapshotTime + InformationNode.Newer;

    internal void Follow(DiskEntry disk) => _disk = disk;

    internal void Show(DataNode? data) => Data = data;
}
