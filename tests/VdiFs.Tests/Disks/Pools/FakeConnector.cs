using VdiFs.Disks;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Servers;
using VdiFs.Formats.Allocation;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>Makes disks in memory, and notes what was asked for.</summary>
internal sealed class FakeConnector : IPoolConnector
{
    public List<string> Connected { get; } = [];

    public List<string> Closed { get; } = [];

    public Func<long, Exception?> Fail { get; set; } = _ => null;

    /// <summary>What closing a disk throws.</summary>
    public Exception? CloseFailure { get; set; }

    public OpenedSource Connect(PoolServers servers, string name, long length, bool isLive)
    {
        Connected.Add(isLive ? $"live {name}" : name);
        return new OpenedSource(
            new Bytes(this, name, length),
            AllocationMap.Full(length, AllocationMap.DefaultGranuleBytes),
            AllocationOrigin.None,
            () => SourceStatus.Local);
    }

    private sealed class Bytes(FakeConnector owner, string name, long length) : IDisk
    {
        public long Length => length;

        public ValueTask ReadAsync(
            long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
        {
            if (owner.Fail(diskOffset) is { } failure)
            {
                throw failure;
            }

            foreach (Memory<byte> buffer in destination)
            {
                buffer.Span.Fill(1);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            owner.Closed.Add(name);
            return owner.CloseFailure is { } failure ? ValueTask.FromException(failure) : ValueTask.CompletedTask;
        }
    }
}
