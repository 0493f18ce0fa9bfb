using VdiFs.Disks;

namespace VdiFs.Tree.Blocks;

/// <summary>The file of a data block. Made when it is asked for.</summary>
internal sealed class BlockNode(ulong id, BlocksNode blocks, long block) : Node(id)
{
    public BlocksNode Blocks { get; } = blocks;

    /// <summary>Which of the disk's data blocks.</summary>
    public long Block { get; } = block;

    public override DateTimeOffset ModifiedTime => Blocks.ModifiedTime;

    public override IDiskUsage? Usage => Blocks.Disk.Usage;

    public override string UsedAs => BlocksNode.UsedAsName;
}
