using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using VdiFs.Fuse;

namespace VdiFs.Tests.Fuse.Support;

/// <summary>A small tree in memory: a root with files, and an empty directory "sub" (node 2).</summary>
internal sealed class MemoryFileSystem : IFuseFileSystem
{
    public static readonly DateTimeOffset Modified = new(2024, 2, 3, 4, 5, 6, TimeSpan.Zero);
    public static readonly DateTimeOffset Born = new(2023, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public const ulong SubNode = 2;
    public const ulong FirstFileNode = 100;

    private readonly List<(string Name, IFuseFile File)> _files = [];

    /// <summary>How far apart the positions of the root's entries are.</summary>
    public int PositionStep { get; init; } = 1;

    /// <summary>What was opened and released, in order.</summary>
    public ConcurrentQueue<string> Handles { get; } = new();

    public int Lookups { get; private set; }

    /// <summary>When set, every OPEN, and every READ of a file that is not ready, waits for it.</summary>
    public Task? Preparation { get; set; }

    /// <summary>When set, every GETATTR waits for it.</summary>
    public Task? Answering { get; set; }

    /// <summary>How long attributes are valid.</summary>
    public TimeSpan Validity { get; init; } = TimeSpan.FromMilliseconds(3_600_500);

    /// <summary>Adds a file; the first has node 100, the next 101.</summary>
    public MemoryFileSystem With(string name, IFuseFile file)
    {
        _files.Add((name, file));
        return this;
    }

    public async ValueTask<FuseEntry?> LookupAsync(NodeId parent, string name, CancellationToken cancellationToken)
    {
        Lookups++;
        if (parent != NodeId.Root)
        {
            return null;
        }

        IEnumerable<FuseDirectoryEntry> entries = await ListAsync(parent, position: 0, cancellationToken);
        return entries.Where(e => e.Name == name).Select(e => (FuseEntry?)e.Entry).FirstOrDefault();
    }

    public async ValueTask<FuseAttributes> GetAttributesAsync(NodeId node, CancellationToken cancellationToken)
    {
        await (Answering?.WaitAsync(cancellationToken) ?? Task.CompletedTask);
        return Attributes(node);
    }

    public ValueTask<NodeId> GetParentAsync(NodeId node, CancellationToken cancellationToken) =>
        ValueTask.FromResult(NodeId.Root);

    public ulong GetGeneration(NodeId node) => node.Value < FirstFileNode ? 0UL : 7;

    public ValueTask<IEnumerable<FuseDirectoryEntry>> ListAsync(
        NodeId directory, long position, CancellationToken cancellationToken)
    {
        List<FuseDirectoryEntry> entries = [];
        if (directory == NodeId.Root)
        {
            entries.Add(new FuseDirectoryEntry("sub", Entry(new NodeId(SubNode)), Position: 0));
            entries.AddRange(_files.Select((file, index) => new FuseDirectoryEntry(
                file.Name, Entry(new NodeId(FirstFileNode + (ulong)index)), (index + 1) * PositionStep)));
        }

        return ValueTask.FromResult(entries.Where(entry => entry.Position >= position));
    }

    public void Opened(NodeId node) => Handles.Enqueue($"opened {node.Value}");

    public void Released(NodeId node) => Handles.Enqueue($"released {node.Value}");

    public bool TryGetFile(NodeId node, [NotNullWhen(true)] out IFuseFile? file)
    {
        file = Preparation is { IsCompleted: false } ? null : Find(node);
        return file is not null;
    }

    public async ValueTask<IFuseFile> OpenFileAsync(NodeId node, CancellationToken cancellationToken)
    {
        await (Preparation?.WaitAsync(cancellationToken) ?? Task.CompletedTask);
        return Find(node) ?? throw Stale(node);
    }

    public FuseStatistics GetStatistics() => new(TotalBlocks: 1000, FreeBlocks: 0, Files: _files.Count);

    public ValueTask<ReadOnlyMemory<byte>?> GetExtendedAttributeAsync(
        NodeId node, string name, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> value = Encoding.UTF8.GetBytes("value");
        return ValueTask.FromResult(name == "user.vdifs.test" ? value : default(ReadOnlyMemory<byte>?));
    }

    public ValueTask<IReadOnlyList<string>> ListExtendedAttributesAsync(
        NodeId node, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<string>>(["user.vdifs.test", "user.vdifs.b"]);

    private static FuseException Stale(NodeId node) => new(Errno.ESTALE, $"no node {node.Value}", inner: null);

    private IFuseFile? Find(NodeId node) =>
        node.Value >= FirstFileNode && node.Value - FirstFileNode < (ulong)_files.Count
            ? _files[(int)(node.Value - FirstFileNode)].File
            : null;

    private FuseEntry Entry(NodeId node) => new(Attributes(node), GetGeneration(node), TimeSpan.FromHours(1));

    private FuseAttributes Attributes(NodeId node)
    {
        bool isDirectory = node.Value is 1 or SubNode;
        IFuseFile? file = Find(node);
        if (!isDirectory && file is null)
        {
            throw Stale(node);
        }

        return new FuseAttributes
        {
            Node = node,
            Type = isDirectory ? FuseFileType.Directory : FuseFileType.Regular,
            Permissions = isDirectory ? 0x16D : 0x124,
            Uid = 0,
            Gid = 0,
            LinkCount = isDirectory ? 2u : 1u,
            Length = file?.Length ?? 0,
            AllocatedBytes = file is MemoryFile memory ? memory.AllocatedBytes : file?.Length ?? 0,
            PreferredBlockSize = 1 << 20,
            ModifiedTime = Modified.AddTicks(1),
            BirthTime = Born,
            Validity = Validity,
        };
    }
}
