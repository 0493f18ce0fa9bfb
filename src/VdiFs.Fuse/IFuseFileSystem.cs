using System.Diagnostics.CodeAnalysis;

namespace VdiFs.Fuse;

/// <summary>
/// A read-only tree of files, asked by the server from several threads at once. Errors are thrown as
/// <see cref="FuseException"/>; an <see cref="OperationCanceledException"/> is answered EINTR, anything else EIO.
/// An unknown node is ESTALE. Calls that need no waiting should complete synchronously: they then run to their
/// reply on the thread that read the request. No call may touch the mount itself (deadlock).
/// </summary>
public interface IFuseFileSystem
{
    /// <summary>Looks up one name of a directory. Opens nothing: `ls` and `find` must cost nothing.</summary>
    /// <param name="parent">The directory.</param>
    /// <param name="name">A name as in <see cref="FuseDirectoryEntry"/>; "." and ".." never come here.</param>
    /// <param name="cancellationToken">Cancelled when the caller is to end or the mount ends.</param>
    /// <returns>The entry, or null when there is no such name.</returns>
    ValueTask<FuseEntry?> LookupAsync(NodeId parent, string name, CancellationToken cancellationToken);

    /// <summary>The node's attributes (stat); may have to wait for the true length of a packed file.</summary>
    ValueTask<FuseAttributes> GetAttributesAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>The generation of a node's entries, for a look-up that has no name (NFS).</summary>
    ulong GetGeneration(NodeId node) => 0;

    /// <summary>The directory that holds <paramref name="node"/>; the root's parent is the root.</summary>
    ValueTask<NodeId> GetParentAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>
    /// The entries of a directory, without "." and "..", from a position on, by rising position. Asked once for every
    /// page and enumerated only as far as the page reaches: a long directory is best listed lazily.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <param name="position">The least <see cref="FuseDirectoryEntry.Position"/> wanted; 0 for all.</param>
    /// <param name="cancellationToken">Cancelled when the caller is to end or the mount ends.</param>
    ValueTask<IEnumerable<FuseDirectoryEntry>> ListAsync(
        NodeId directory, long position, CancellationToken cancellationToken);

    /// <summary>A symbolic link's target. Only asked of nodes of type <see cref="FuseFileType.Symlink"/>.</summary>
    ValueTask<string> ReadLinkAsync(NodeId node, CancellationToken cancellationToken) =>
        throw new FuseException(Errno.EINVAL, $"node {node.Value} is not a symbolic link", inner: null);

    /// <summary>
    /// A file whose content is ready. Synchronous and without allocation: it is on the path of every READ.
    /// </summary>
    /// <returns>False when the file has to be prepared first; <see cref="OpenFileAsync"/> is called then.</returns>
    bool TryGetFile(NodeId node, [NotNullWhen(true)] out IFuseFile? file);

    /// <summary>
    /// Prepares a file's content. Called for OPEN and for a READ whose file is not ready: handles carry no state,
    /// so nothing is closed again.
    /// </summary>
    ValueTask<IFuseFile> OpenFileAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>
    /// A reader has opened a file: called before it knows, once for each open(2) that succeeds or is given up just then.
    /// Must not wait.
    /// </summary>
    void Opened(NodeId node)
    {
    }

    /// <summary>
    /// A reader has closed what it had opened, once for each <see cref="Opened"/>; also of a node that is gone by now.
    /// Not called for what is open when the mount ends. Must not wait.
    /// </summary>
    void Released(NodeId node)
    {
    }

    /// <summary>The answer to statfs(2).</summary>
    FuseStatistics GetStatistics();

    /// <summary>One extended attribute; null = no such attribute (ENODATA).</summary>
    ValueTask<ReadOnlyMemory<byte>?> GetExtendedAttributeAsync(
        NodeId node, string name, CancellationToken cancellationToken);

    /// <summary>The names of a node's extended attributes, e.g. "user.vdifs.uuid".</summary>
    ValueTask<IReadOnlyList<string>> ListExtendedAttributesAsync(NodeId node, CancellationToken cancellationToken);
}
