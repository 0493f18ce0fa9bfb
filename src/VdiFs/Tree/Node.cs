using VdiFs.Disks;

namespace VdiFs.Tree;

/// <summary>A file or directory of the mounted tree. Knows no kernel and no connection: making a tree costs
/// nothing.</summary>
/// <param name="id">The node's id: a pure function of what it stands for.</param>
internal abstract class Node(ulong id)
{
    private volatile bool _isGone;

    /// <summary>Also the inode number.</summary>
    public ulong Id { get; } = id;

    /// <summary>When it was last changed, as users see it.</summary>
    public abstract DateTimeOffset ModifiedTime { get; }

    /// <summary>A directory it lies in, of several the first that was looked into; null for the root alone.</summary>
    public DirectoryNode? Parent { get; private set; }

    /// <summary>Whether the directory lists it. What is not listed opens all the same when asked for by name.</summary>
    public virtual bool IsListed => true;

    /// <summary>Who is told how the file is used; null when nobody wants to know.</summary>
    public virtual IDiskUsage? Usage => null;

    /// <summary>What <see cref="Usage"/> knows the file as.</summary>
    public virtual string UsedAs => "";

    /// <summary>Whether the source has it no more: whoever still knows its id gets ESTALE.</summary>
    public bool IsGone => _isGone;

    internal void PutInto(DirectoryNode parent) => Parent = Parent is { IsGone: false } known ? known : parent;

    internal void Retire() => _isGone = true;
}
