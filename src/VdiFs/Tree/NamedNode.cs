namespace VdiFs.Tree;

/// <summary>A line of a directory.</summary>
/// <param name="Name">The node's name there.</param>
/// <param name="Node">The node.</param>
/// <param name="Position">Its place in the listing, the same for as long as it is there.</param>
/// <param name="Key">What tells it from its neighbours for ever, whatever it is called.</param>
internal readonly record struct NamedNode(string Name, Node Node, long Position, SiblingKey Key);
