using VdiFs.Disks;
using VdiFs.Formats.Vhd.Directory;

namespace VdiFs.Tree.Blocks;

/// <summary>A file of a VHD directory beside its blocks.</summary>
/// <param name="id">Its node id.</param>
/// <param name="disk">Whose.</param>
/// <param name="name">One of <see cref="VhdDirectory.RecordNames"/>.</param>
internal sealed class VhdRecordNode(ulong id, DiskEntry disk, string name) : Node(id)
{
    public DiskEntry Disk { get; } = disk;

    public string Name { get; } = name;

    public override DateTimeOffset ModifiedTime => Disk.Identity.SnapshotTime;

    public override IDiskUsage? Usage => Disk.Usage;

    public override string UsedAs => BlocksNode.UsedAsName;
}
