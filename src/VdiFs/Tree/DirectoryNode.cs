namespace VdiFs.Tree;

/// <summary>A directory. Complete once the tree is built.</summary>
internal sealed class DirectoryNode(ulong id, string name, DateTimeOffset modifiedTime) : Node(id, name, modifiedTime)
{
    private readonly Dictionary<string, Node> _byName = new(StringComparer.Ordinal);
    private readonly List<Node> _children = [];

    /// <summary>All children, in the order they are listed in.</summary>
    public IReadOnlyList<Node> Children => _children;

    /// <summary>How many children are directories.</summary>
    public int DirectoryCount { get; private set; }

    public Node? Find(string name) => _byName.GetValueOrDefault(name);

    public bool Has(string name) => _byName.ContainsKey(name);

    public void Add(Node child)
    {
        _byName.Add(child.Name, child);
        _children.Add(child);
        DirectoryCount += child is DirectoryNode ? 1 : 0;
        child.PutInto(this);
    }
}
