using System.Diagnostics.CodeAnalysis;
using VdiFs.Fuse;

namespace VdiFs.Peers.MemoryMount;

/// <summary>A directory with one file.</summary>
internal sealed class MemoryTree(MemoryFile file) : IFuseFileSystem
{
    public const string FileName = "disk";

    private static readonly TimeSpan Validity = TimeSpan.FromHours(1);
    private static readonly NodeId Disk = new(2);

    public ValueTask<FuseEntry?> LookupAsync(NodeId parent, string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult<FuseEntry?>(name == FileName ? Entry : null);

    public ValueTask<FuseAttributes> GetAttributesAsync(NodeId node, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Attributes(node));

    public ValueTask<NodeId> GetParentAsync(NodeId node, CancellationToken cancellationToken) =>
        ValueTask.FromResult(NodeId.Root);

    public ValueTask<IEnumerable<FuseDirectoryEntry>> ListAsync(
        NodeId directory, long position, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IEnumerable<FuseDirectoryEntry>>(
            position > 0 ? [] : [new FuseDirectoryEntry(FileName, Entry, Position: 0)]);

    public bool TryGetFile(NodeId node, [NotNullWhen(true)] out IFuseFile? content)
    {
        content = file;
        return true;
    }

    public ValueTask<IFuseFile> OpenFileAsync(NodeId node, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IFuseFile>(file);

    public FuseStatistics GetStatistics() => new(file.Length / FuseStatistics.BlockSizeBytes, FreeBlocks: 0, Files: 1);

    public ValueTask<ReadOnlyMemory<byte>?> GetExtendedAttributeAsync(
        NodeId node, string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult<ReadOnlyMemory<byte>?>(null);

    public ValueTask<IReadOnlyList<string>> ListExtendedAttributesAsync(
        NodeId node, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<string>>([]);

    private FuseEntry Entry => new(Attributes(Disk), Generation: 0, Validity);

    private FuseAttributes Attributes(NodeId node)
    {
        const int ReadAll = 0b100_100_100;
        const int ReadAndEnterAll = 0b101_101_101;
        bool isRoot = node == NodeId.Root;
        return new FuseAttributes
        {
            Node = node,
            Type = isRoot ? FuseFileType.Directory : FuseFileType.Regular,
            Permissions = isRoot ? ReadAndEnterAll : ReadAll,
            LinkCount = 1,
            Length = isRoot ? 0 : file.Length,
            AllocatedBytes = isRoot ? 0 : file.DataBytes,
            PreferredBlockSize = 1 << 20,
            Validity = Validity,
        };
    }
}
