using System.Diagnostics.CodeAnalysis;
using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Fuse;
using VdiFs.Tree;
using VdiFs.Tree.Blocks;

namespace VdiFs.Mounting;

/// <summary>Shows the tree to the kernel: node ids come from the tree, handles are 0.</summary>
internal sealed class TreeFileSystem(
    IDiskCatalog catalog, MountTree tree, FileTable files, NodeAttributes attributes) : IFuseFileSystem
{
    private readonly OpenHandles _handles = new();

    // Node ids are hashes of identities and are never used again for anything else.
    private const ulong Generation = 0;

    public async ValueTask<FuseEntry?> LookupAsync(NodeId parent, string name, CancellationToken cancellationToken)
    {
        Node? node = tree.Find(await EnterAsync(parent, cancellationToken), name);
        return node is null ? null : EntryOf(node);
    }

    public async ValueTask<FuseAttributes> GetAttributesAsync(NodeId node, CancellationToken cancellationToken)
    {
        Node found = NodeOf(node);
        switch (found)
        {
            case BlockNode or BlockDirectoryNode:
                return EntryOf(found).Attributes;
            case DirectoryNode directory:
                tree.Read(directory);
                return attributes.OfDirectory(directory);
            case ImageNode { LengthToShow: { } length } image:
                return attributes.OfFile(image, length);
            default:
                return attributes.OfFile(found, await files.PrepareAsync(found, cancellationToken));
        }
    }

    public ValueTask<NodeId> GetParentAsync(NodeId node, CancellationToken cancellationToken)
    {
        Node found = NodeOf(node);
        return ValueTask.FromResult(new NodeId((found.Parent ?? found).Id));
    }

    public async ValueTask<IEnumerable<FuseDirectoryEntry>> ListAsync(
        NodeId directory, long position, CancellationToken cancellationToken)
    {
        DirectoryNode entered = await EnterAsync(directory, cancellationToken);
        if (entered is DiskNode { Disk: var disk })
        {
            // The length says which formats can hold the disk. The kernel keeps what it is told now.
            await disk.WaitForDescriptionAsync(cancellationToken);
        }

        return tree.List(entered, position)
            .Select(entry => new FuseDirectoryEntry(entry.Name, EntryOf(entry.Node), entry.Position));
    }

    public bool TryGetFile(NodeId node, [NotNullWhen(true)] out IFuseFile? file) => files.TryGet(node.Value, out file);

    public ValueTask<IFuseFile> OpenFileAsync(NodeId node, CancellationToken cancellationToken) =>
        files.PrepareAsync(NodeOf(node), cancellationToken);

    public void Opened(NodeId node) => _handles.Opened(node.Value, tree.Find(node.Value));

    public void Released(NodeId node) => _handles.Released(node.Value);

    public FuseStatistics GetStatistics()
    {
        IReadOnlyList<DiskEntry> disks = catalog.Disks;
        long blocks = disks.Sum(disk => (disk.KnownLength ?? 0) / FuseStatistics.BlockSizeBytes);
        return new FuseStatistics(blocks, FreeBlocks: 0, (long)disks.Count * MountTree.FilesOfADisk);
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
        FuseAttributes shown = node switch
        {
            DirectoryNode directory => attributes.OfDirectory(directory),
            BlockNode block => attributes.OfFile(block),
            ImageNode { LengthToShow: { } length } image => attributes.OfFile(image, length),
            _ when files.TryGet(node, out IFuseFile? file) => attributes.OfFile(node, file),
            _ => attributes.OfFile(node),
        };
        return new FuseEntry(shown, Generation, NodeAttributes.Lasting);
    }

    // What is in it is known afterwards: for a directory of data blocks, that needs the disk.
    private async ValueTask<DirectoryNode> EnterAsync(NodeId id, CancellationToken cancellationToken)
    {
        Node node = NodeOf(id);
        if (node is BlockDirectoryNode { Blocks: { Content: null } blocks })
        {
            await files.EnterAsync(blocks, cancellationToken);
        }

        return node as DirectoryNode
            ?? throw new FuseException(Errno.ENOTDIR, $"node {id.Value} is no directory", null);
    }

    private Node NodeOf(NodeId id) =>
        tree.Find(id.Value) ?? throw new FuseException(Errno.ESTALE, $"there is no node {id.Value}", null);
}
