using System.Diagnostics.CodeAnalysis;
using VdiFs.Fuse;
using VdiFs.Tree;

namespace VdiFs.Mounting;

/// <summary>Shows the tree to the kernel. Has no state: node ids come from the tree, handles are 0.</summary>
internal sealed class TreeFileSystem(MountTree tree, FileTable files, NodeAttributes attributes) : IFuseFileSystem
{
    // Node ids are hashes of identities and are never used again for anything else.
    private const ulong Generation = 0;

    public ValueTask<FuseEntry?> LookupAsync(NodeId parent, string name, CancellationToken cancellationToken)
    {
        Node? node = tree.Find(DirectoryOf(parent), name);
        return ValueTask.FromResult<FuseEntry?>(node is null ? null : EntryOf(node));
    }

    public async ValueTask<FuseAttributes> GetAttributesAsync(NodeId node, CancellationToken cancellationToken)
    {
        Node found = NodeOf(node);
        return found is DirectoryNode directory
            ? attributes.OfDirectory(directory)
            : attributes.OfFile(found, await files.PrepareAsync(found, cancellationToken));
    }

    public ValueTask<NodeId> GetParentAsync(NodeId node, CancellationToken cancellationToken)
    {
        Node found = NodeOf(node);
        return ValueTask.FromResult(new NodeId((found.Parent ?? found).Id));
    }

    public ValueTask<IReadOnlyList<FuseDirectoryEntry>> ListAsync(
        NodeId directory, CancellationToken cancellationToken)
    {
        IReadOnlyList<FuseDirectoryEntry> entries =
        [
            .. MountTree.List(DirectoryOf(directory))
                .Select(node => new FuseDirectoryEntry(node.Name, EntryOf(node))),
        ];
        return ValueTask.FromResult(entries);
    }

    public bool TryGetFile(NodeId node, [NotNullWhen(true)] out IFuseFile? file) => files.TryGet(node.Value, out file);

    public ValueTask<IFuseFile> OpenFileAsync(NodeId node, CancellationToken cancellationToken) =>
        files.PrepareAsync(NodeOf(node), cancellationToken);

    public FuseStatistics GetStatistics()
    {
        long blocks = tree.Disks.Sum(disk => (disk.KnownLength ?? 0) / FuseStatistics.BlockSizeBytes);
        return new FuseStatistics(blocks, FreeBlocks: 0, tree.Count);
    }

    public ValueTask<ReadOnlyMemory<byte>?> GetExtendedAttributeAsync(
        NodeId node, string name, CancellationToken cancellationToken)
    {
        byte[]? value = NodeOf(node) is ImageNode image ? ImageExtendedAttributes.Find(image, name) : null;
        return ValueTask.FromResult<ReadOnlyMemory<byte>?>(value is null ? null : value.AsMemory());
    }

    public ValueTask<IReadOnlyList<string>> ListExtendedAttributesAsync(
        NodeId node, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<string>>(NodeOf(node) is ImageNode ? ImageExtendedAttributes.Names : []);

    private FuseEntry EntryOf(Node node)
    {
        FuseAttributes shown =
            node is DirectoryNode directory ? attributes.OfDirectory(directory)
            : files.TryGet(node.Id, out IFuseFile? file) ? attributes.OfFile(node, file)
            : attributes.OfFile(node);
        return new FuseEntry(shown, Generation, NodeAttributes.Lasting);
    }

    private DirectoryNode DirectoryOf(NodeId id) =>
        NodeOf(id) as DirectoryNode ?? throw new FuseException(Errno.ENOTDIR, $"node {id.Value} is no directory", null);

    private Node NodeOf(NodeId id) =>
        tree.Find(id.Value) ?? throw new FuseException(Errno.ESTALE, $"there is no node {id.Value}", null);
}
