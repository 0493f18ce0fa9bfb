using System.Globalization;
using VdiFs.Disks;
using VdiFs.Formats.Vhd.Directory;

namespace VdiFs.Tree.Blocks;

/// <summary>
/// The directory of a VHD directory's data blocks. All that lies below it, a million files and more, has node ids of one
/// range: an id is arithmetic, and a node is made when it is asked for and forgotten at once.
/// </summary>
/// <param name="id">Its own node id.</param>
/// <param name="range">The range of the ids below it.</param>
/// <param name="disk">The disk.</param>
internal sealed class BlocksNode(ulong id, BlockIdRange range, DiskEntry disk) : BlockDirectoryNode(id)
{
    /// <summary>What users of the disk hear that is open: one name for all files, of which there may be a million.
    /// </summary>
    public const string UsedAsName = $"{VhdDirectory.ParentName}/{VhdDirectory.OwnName}";

    private volatile VhdDirectory? _content;

    public DiskEntry Disk { get; } = disk;

    public BlockIdRange Range { get; } = range;

    /// <summary>Which blocks there are; null while nobody has needed to know.</summary>
    public VhdDirectory? Content => _content;

    public override BlocksNode Blocks => this;

    public override DateTimeOffset ModifiedTime => Disk.Identity.SnapshotTime;

    private VhdDirectory Known => Content ?? throw new InvalidOperationException("The blocks are not known yet.");

    /// <summary>Says which blocks there are; the same for ever.</summary>
    public void Show(VhdDirectory content) => _content ??= content;

    public override Node? Find(string name) =>
        VhdDirectory.ParseNumber(name) is { } group and <= BlockIdRange.MaxGroup ? FindGroup(group) : null;

    /// <summary>The node of an id in the range; null when there is none, or it is not known.</summary>
    public Node? Find(ulong nodeId) => BlockIdRange.PlaceOf(nodeId) switch
    {
        _ when Content is null => null,
        (BlockIdKind.Group, var group) => FindGroup(group),
        (_, var block) => FindBlock(block),
    };

    /// <summary>The file of a block; null when there is none.</summary>
    public BlockNode? FindBlock(long block) =>
        Known.IsStored(block) ? new BlockNode(Range.IdOfBlock(block), this, block) : null;

    public override IEnumerable<NamedNode> List(long position)
    {
        VhdDirectory content = Known;
        long group = Math.Min(position, BlockIdRange.MaxGroup + 1);
        while (NextGroup(content, group) is { } found)
        {
            string name = found.ToString(CultureInfo.InvariantCulture);
            yield return new NamedNode(name, new BlockGroupNode(this, found), found, SiblingKey.OfFile(name));
            group = found + 1;
        }
    }

    private BlockGroupNode? FindGroup(long group) =>
        NextGroup(Known, group) == group ? new BlockGroupNode(this, group) : null;

    // The first directory from here on that has a block.
    private static long? NextGroup(VhdDirectory content, long group)
    {
        long block = content.NextStored(group * VhdDirectory.BlocksPerDirectory);
        return block < content.BlockCount ? block / VhdDirectory.BlocksPerDirectory : null;
    }
}
