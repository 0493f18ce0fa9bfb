namespace VdiFs.Tree;

/// <summary>One name in the mounted tree. Knows no kernel and no connection: making a tree costs nothing.</summary>
/// <param name="id">The node's id: a pure function of what it stands for.</param>
/// <param name="name">Its name in its directory.</param>
/// <param name="modifiedTime">When it was last changed, as users see it.</param>
internal abstract class Node(ulong id, string name, DateTimeOffset modifiedTime)
{
    /// <summary>Also the inode number.</summary>
    public ulong Id { get; } = id;

    public string Name { get; } = name;

    public DateTimeOffset ModifiedTime { get; } = modifiedTime;

    /// <summary>The directory it lies in; null for the root alone.</summary>
    public DirectoryNode? Parent { get; private set; }

    internal void PutInto(DirectoryNode parent) => Parent = parent;
}
