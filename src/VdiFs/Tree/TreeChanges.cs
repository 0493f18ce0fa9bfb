namespace VdiFs.Tree;

/// <summary>What has become of nodes that somebody may have looked at.</summary>
internal sealed class TreeChanges
{
    /// <summary>Names that mean nothing any more, or another node, or have appeared.</summary>
    public List<(ulong Directory, string Name)> Names { get; } = [];

    /// <summary>Directories whose listing or attributes are others.</summary>
    public List<ulong> Directories { get; } = [];

    /// <summary>Nodes that are no more. Another node may have the id of one, when it stands for the same
    /// thing.</summary>
    public List<Node> Gone { get; } = [];

    public bool IsEmpty => Names.Count == 0 && Directories.Count == 0 && Gone.Count == 0;
}
