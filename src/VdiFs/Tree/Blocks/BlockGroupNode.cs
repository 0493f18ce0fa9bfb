using System.Globalization;
using VdiFs.Formats.Vhd.Directory;

namespace VdiFs.Tree.Blocks;

/// <summary>A directory of up to a thousand data blocks. Made when it is asked for.</summary>
internal sealed class BlockGroupNode : BlockDirectoryNode
{
    private readonly long _firstBlock;

    public BlockGroupNode(BlocksNode blocks, long group)
        : base(blocks.Range.IdOfGroup(group))
    {
        Blocks = blocks;
        _firstBlock = group * VhdDirectory.BlocksPerDirectory;
        PutInto(blocks);
    }

    public override BlocksNode Blocks { get; }

    public override DateTimeOffset ModifiedTime => Blocks.ModifiedTime;

    public override Node? Find(string name) =>
        VhdDirectory.ParseNumber(name) is { } number and < VhdDirectory.BlocksPerDirectory
            ? InThis(Blocks.FindBlock(_firstBlock + number))
            : null;

    public override IEnumerable<NamedNode> List(long position)
    {
        VhdDirectory content = Blocks.Content ?? throw new InvalidOperationException("The blocks are not known yet.");
        long end = Math.Min(_firstBlock + VhdDirectory.BlocksPerDirectory, content.BlockCount);
        long start = _firstBlock + Math.Min(position, VhdDirectory.BlocksPerDirectory);
        for (long block = content.NextStored(start); block < end; block = content.NextStored(block + 1))
        {
            long number = block - _firstBlock;
            string name = number.ToString(CultureInfo.InvariantCulture);
            Node node = InThis(new BlockNode(Blocks.Range.IdOfBlock(block), Blocks, block))!;
            yield return new NamedNode(name, node, number, SiblingKey.OfFile(name));
        }
    }

    private BlockNode? InThis(BlockNode? block)
    {
        block?.PutInto(this);
        return block;
    }
}
