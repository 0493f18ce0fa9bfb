using System.Buffers.Binary;
using VdiFs.Disks;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>A disk whose every byte follows from its offset, and which counts, delays or refuses reads as
/// told.</summary>
internal sealed class PatternDisk(long length) : IDisk
{
    private readonly Lock _gate = new();
    private readonly List<(long Offset, long Length)> _reads = [];

    public long Length => length;

    /// <summary>Reads wait for this before they deliver.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Reads that touch this offset fail.</summary>
    public long? BadOffset { get; set; }

    /// <summary>Reads that touch one of these sectors fail.</summary>
    public HashSet<long> BadSectors { get; } = [];

    /// <summary>What reads end with instead of bytes, while it is set.</summary>
    public DiskException? Failure { get; set; }

    /// <summary>Only the next read ends with the failure.</summary>
    public bool FailOnce { get; set; }

    public IReadOnlyList<(long Offset, long Length)> Reads
    {
        get
        {
            lock (_gate)
            {
                return [.. _reads];
            }
        }
    }

    public long BytesRead => Reads.Sum(read => read.Length);

    public static byte ByteAt(long diskOffset)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, (ulong)(diskOffset >> 3) * 0x9E3779B97F4A7C15);
        return word[(int)(diskOffset & 7)];
    }

    public static byte[] Slice(long diskOffset, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = ByteAt(diskOffset + i);
        }

        return bytes;
    }

    public async ValueTask ReadAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
    {
        long wanted = destination.Sum(buffer => (long)buffer.Length);
        lock (_gate)
        {
            _reads.Add((diskOffset, wanted));
        }

        await Gate.WaitAsync(cancellationToken);
        await Task.Yield();
        if (Failure is { } failure)
        {
            Failure = FailOnce ? null : failure;
            throw failure;
        }

        Assert.InRange(diskOffset + wanted, 1, length);
        if ((BadOffset is { } bad && bad >= diskOffset && bad < diskOffset + wanted)
            || BadSectors.Any(sector => sector * 512 < diskOffset + wanted && (sector + 1) * 512 > diskOffset))
        {
            throw new DiskException(DiskErrorKind.ReadFailed, "bad sector");
        }

        foreach (Memory<byte> buffer in destination)
        {
            for (int i = 0; i < buffer.Length; i++)
            {
                buffer.Span[i] = ByteAt(diskOffset + i);
            }

            diskOffset += buffer.Length;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
