using VdiFs.Formats.Vhd.Directory;

namespace VdiFs.Tree.Blocks;

/// <summary>The node ids of all that lies below one directory of data blocks.</summary>
/// <param name="Prefix">The upper bits of them all.</param>
internal readonly record struct BlockIdRange(ulong Prefix)
{
    /// <summary>The highest number of a directory of blocks.</summary>
    public const long MaxGroup = (VhdDirectory.MaxBlocks - 1) / VhdDirectory.BlocksPerDirectory;

    // One for the blocks, one for their directories.
    private const int Bits = 28;
    private const ulong FirstGroup = (ulong)VhdDirectory.MaxBlocks;
    private const ulong Mask = (1UL << Bits) - 1;

    /// <summary>The range that an id would be of.</summary>
    public static BlockIdRange Of(ulong nodeId) => new(nodeId >> Bits);

    /// <summary>The range behind this one.</summary>
    public BlockIdRange Next => new((Prefix + 1) & (long.MaxValue >> Bits));

    public ulong IdOfBlock(long block) => (Prefix << Bits) + (ulong)block;

    public ulong IdOfGroup(long group) => (Prefix << Bits) + FirstGroup + (ulong)group;

    /// <summary>What an id of this range stands for, if there is such a thing.</summary>
    public static (BlockIdKind Kind, long Number) PlaceOf(ulong nodeId)
    {
        ulong place = nodeId & Mask;
        return place < FirstGroup
            ? (BlockIdKind.Block, (long)place)
            : (BlockIdKind.Group, (long)(place - FirstGroup));
    }
}
