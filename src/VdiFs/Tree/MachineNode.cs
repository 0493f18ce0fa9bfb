using VdiFs.Disks;

namespace VdiFs.Tree;

/// <summary>A whole machine shown as one file, an appliance with all its disks.</summary>
internal sealed class MachineNode(ulong id, MachineContent content, bool isListed) : Node(id)
{
    /// <summary>The format it has, and is chosen by.</summary>
    public const string FormatName = "ova";

    public MachineContent Content { get; } = content;

    public override DateTimeOffset ModifiedTime { get; } =
        content.Disks.Max(disk => disk.Entry.Identity.SnapshotTime);

    public override bool IsListed { get; } = isListed;

    public override IDiskUsage? Usage { get; } = new SeveralDisksUsage(content.Disks);

    public override string UsedAs => Content.FileName;
}
