namespace VdiFs.Tree.Blocks;

/// <summary>What a node id of a range stands for.</summary>
internal enum BlockIdKind
{
    /// <summary>The file of a data block.</summary>
    Block,

    /// <summary>A directory of data blocks.</summary>
    Group,
}
