using VdiFs.Disks;

namespace VdiFs.Benchmarks;

/// <summary>A disk of zeros that are there at once.</summary>
internal sealed class ZeroDisk(long length) : IDisk
{
    public long Length => length;

    public ValueTask ReadAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
    {
        foreach (Memory<byte> buffer in destination)
        {
            buffer.Span.Clear();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
