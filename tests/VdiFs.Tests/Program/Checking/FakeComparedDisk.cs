using VdiFs.Checking;

namespace VdiFs.Tests.Program.Checking;

/// <summary>A disk in memory, some of whose granules are known to be zeros.</summary>
internal sealed class FakeComparedDisk(byte[] bytes, int granuleBytes) : IComparedDisk
{
    private int _underWay;

    public long Length => bytes.Length;

    /// <summary>Bytes that were read.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Reads that have not ended.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Reads end when this does, but for the one at the start of the disk.</summary>
    public Task Gate { get; init; } = Task.CompletedTask;

    public (bool IsZero, long Length) Locate(long diskOffset, long maxLength)
    {
        bool isZero = IsZero(diskOffset / granuleBytes);
        long end = diskOffset / granuleBytes + 1;
        while (end * granuleBytes < diskOffset + maxLength && IsZero(end) == isZero)
        {
            end++;
        }

        return (isZero, Math.Min(maxLength, end * granuleBytes - diskOffset));
    }

    public async ValueTask ReadAsync(long diskOffset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            // The first piece is there at once.
            await (diskOffset == 0 ? Task.CompletedTask : Gate.WaitAsync(cancellationToken));
            BytesRead += destination.Length;
            bytes.AsMemory((int)diskOffset, destination.Length).CopyTo(destination);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private bool IsZero(long granule)
    {
        long start = granule * granuleBytes;
        return !bytes.AsSpan((int)start, (int)Math.Min(granuleBytes, Length - start)).ContainsAnyExcept((byte)0);
    }
}
