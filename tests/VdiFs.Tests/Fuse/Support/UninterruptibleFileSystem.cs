using System.Diagnostics.CodeAnalysis;
using VdiFs.Fuse;

namespace VdiFs.Tests.Fuse.Support;

/// <summary>Another file system whose opens end well although nobody waits for them any more.</summary>
internal sealed class UninterruptibleFileSystem(IFuseFileSystem inner) : IFuseFileSystem
{
    public ValueTask<FuseEntry?> LookupAsync(NodeId parent, string name, CancellationToken cancellationToken) =>
        inner.LookupAsync(parent, name, cancellationToken);

    public ValueTask<FuseAttributes> GetAttributesAsync(NodeId node, CancellationToken cancellationToken) =>
        inner.GetAttributesAsync(node, cancellationToken);

    public ValueTask<NodeId> GetParentAsync(NodeId node, CancellationToken cancellationToken) =>
        inner.GetParentAsync(node, cancellationToken);

    public ValueTask<IEnumerable<FuseDirectoryEntry>> ListAsync(
        NodeId directory, long position, CancellationToken cancellationToken) =>
        inner.ListAsync(directory, position, cancellationToken);

    public bool TryGetFile(NodeId node, [NotNullWhen(true)] out IFuseFile? file) => inner.TryGetFile(node, out file);

    public ValueTask<IFuseFile> OpenFileAsync(NodeId node, CancellationToken cancellationToken) =>
        inner.OpenFileAsync(node, CancellationToken.None);

    public void Opened(NodeId node) => inner.Opened(node);

    public void Released(NodeId node) => inner.Released(node);

    public FuseStatistics GetStatistics() => inner.GetStatistics();

    public ValueTask<ReadOnlyMemory<byte>?> GetExtendedAttributeAsync(
        NodeId node, string name, CancellationToken cancellationToken) =>
        inner.GetExtendedAttributeAsync(node, name, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListExtendedAttributesAsync(
        NodeId node, CancellationToken cancellationToken) =>
        inner.ListExtendedAttributesAsync(node, cancellationToken);
}
