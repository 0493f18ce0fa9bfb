using System.Runtime.InteropServices;
using VdiFs.Disks;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>A disk that answers at once, soon, late, with an error or not at all, as chance has it; what it delivers is
/// right. Remembers every array that it was ever given to fill.</summary>
internal sealed class ErraticDisk(int number, long length, int seed) : IDisk
{
    private const int Sector = 512;

    // Guarded by _gate.
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private readonly HashSet<byte[]> _filled = [];

    public long Length => length;

    /// <summary>The arrays that reads were to fill.</summary>
    public IReadOnlyCollection<byte[]> Filled
    {
        get
        {
            lock (_gate)
            {
                return [.. _filled];
            }
        }
    }

    /// <summary>Whether these are the bytes of this disk at an offset.</summary>
    public bool IsRight(long diskOffset, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int piece = (int)Math.Min(Sector - (diskOffset % Sector), bytes.Length);
            if (bytes[..piece].ContainsAnyExcept(ByteOf(diskOffset / Sector)))
            {
                return false;
            }

            diskOffset += piece;
            bytes = bytes[piece..];
        }

        return true;
    }

    public async ValueTask ReadAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
    {
        int outcome = Begin(destination);
        if (outcome is >= 10 and < 70)
        {
            await Task.Yield();
        }
        else if (outcome is >= 70 and < 85)
        {
            await Task.Delay(outcome % 5, cancellationToken).ConfigureAwait(false);
        }
        else if (outcome >= 85)
        {
            await Task.Delay(30, cancellationToken).ConfigureAwait(false);
        }

        switch (outcome)
        {
            case < 3 or >= 90:
                throw new DiskException(DiskErrorKind.Unreachable, "as chance has it");
            case < 20:
                throw new DiskException(DiskErrorKind.ReadFailed, "as chance has it");
            default:
                Fill(diskOffset, destination);
                break;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private int Begin(IReadOnlyList<Memory<byte>> destination)
    {
        lock (_gate)
        {
            foreach (Memory<byte> buffer in destination)
            {
                Assert.True(MemoryMarshal.TryGetArray(buffer, out ArraySegment<byte> array));
                _filled.Add(array.Array!);
            }

            return _random.Next(100);
        }
    }

    private void Fill(long diskOffset, IReadOnlyList<Memory<byte>> destination)
    {
        foreach (Memory<byte> buffer in destination)
        {
            for (int done = 0; done < buffer.Length;)
            {
                int piece = (int)Math.Min(Sector - (diskOffset % Sector), buffer.Length - done);
                buffer.Span.Slice(done, piece).Fill(ByteOf(diskOffset / Sector));
                diskOffset += piece;
                done += piece;
            }
        }
    }

    private byte ByteOf(long sector) => (byte)(((ulong)(sector + (number * 7919L)) * 0x9E3779B97F4A7C15) >> 40);
}
