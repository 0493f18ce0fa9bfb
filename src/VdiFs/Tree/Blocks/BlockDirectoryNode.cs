namespace VdiFs.Tree.Blocks;

/// <summary>
/// A directory of data blocks or of such directories. What is in it follows from the disk's allocation map, which must
/// be there (<see cref="BlocksNode.Content"/>) before it is asked; nothing of it is kept.
/// </summary>
internal abstract class BlockDirectoryNode(ulong id) : DirectoryNode(id)
{
    /// <summary>The directory of all blocks.</summary>
    public abstract BlocksNode Blocks { get; }

    /// <summary>The node of a name; null when there is none. At once, however many there are.</summary>
    public abstract Node? Find(string name);

    /// <summary>The names from a position on, found as they are asked for.</summary>
    public abstract IEnumerable<NamedNode> List(long position);
}
