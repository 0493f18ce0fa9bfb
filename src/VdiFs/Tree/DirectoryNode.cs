namespace VdiFs.Tree;

/// <summary>A directory. What lies in it is found out when it is first looked into
/// (<see cref="MountTree.Read"/>).</summary>
internal abstract class DirectoryNode(ulong id) : Node(id)
{
    private volatile DirectoryListing? _listing;

    /// <summary>What lies in it; null while nobody has looked.</summary>
    public DirectoryListing? Listing => _listing;

    internal void Show(DirectoryListing? listing) => _listing = listing;
}
