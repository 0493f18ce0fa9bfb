using VdiFs.Disks;

namespace VdiFs.Tree;

/// <summary>A disk's info.json.</summary>
internal sealed class InformationNode(ulong id, DiskEntry disk) : Node(id)
{
    public const string FileName = "info.json";

    /// <summary>borg never trusts the newest file of a run: this one is it, not a disk's.</summary>
    public static readonly TimeSpan Newer = TimeSpan.FromSeconds(1);

    public DiskEntry Disk { get; } = disk;

    public override DateTimeOffset ModifiedTime => Disk.Identity.SnapshotTime + Newer;
}
