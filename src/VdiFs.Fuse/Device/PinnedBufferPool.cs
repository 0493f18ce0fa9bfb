using System.Collections.Concurrent;

namespace VdiFs.Fuse.Device;

/// <summary>
/// Byte arrays that never move (pinned object heap), of one size; a bounded number of them waits for reuse.
/// Thread-safe. A buffer has one owner from <see cref="Rent"/> to <see cref="Return"/>.
/// </summary>
/// <param name="bufferLength">Length of each buffer in bytes.</param>
/// <param name="maxIdle">Buffers kept for reuse at most.</param>
internal sealed class PinnedBufferPool(int bufferLength, int maxIdle)
{
    /// <summary>Most metadata ranges fit one of these.</summary>
    public static PinnedBufferPool Small { get; } = new(64 * 1024, maxIdle: 64);

    /// <summary>One holds the longest reply.</summary>
    public static PinnedBufferPool Large { get; } = new(FuseReadReply.MaxLength, maxIdle: 8);

    private readonly ConcurrentBag<byte[]> _idle = [];

    /// <summary>Length of each buffer in bytes.</summary>
    public int BufferLength { get; } = bufferLength;

    /// <summary>A buffer with whatever was in it before.</summary>
    public byte[] Rent() =>
        _idle.TryTake(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(BufferLength, pinned: true);

    /// <summary>Gives a buffer back; the caller must not touch it any more.</summary>
    public void Return(byte[] buffer)
    {
        if (_idle.Count < maxIdle)
        {
            _idle.Add(buffer);
        }
    }
}
