using VdiFs.Checking;

namespace VdiFs.Tests.Program.Checking;

/// <summary>A disk in memory, some of whose granules are known to be zeros.</summary>
internal sealed class FakeComparedDisk(byte[] bytes, int granuleBytes) : IComparedDisk
{
    public long Length => bytes.Length;

    /// <summary>Bytes that were read.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Reads end when this does.</summary>
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
        await Gate.WaitAsync(cancellationToken);
        BytesRead += destination.Length;
        bytes.AsMemory((int)diskOffset, destination.Length).CopyTo(destination);
    }

    private bool IsZero(long granule)
    {
        long start = granule * granuleBytes;
        return !bytes.AsSpan((int)start, (int)Math.Min(granuleBytes, Length - start)).ContainsAnyExcept((byte)0);
    }
}
