using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness;
using VdiFs.Fuse;

namespace VdiFs.Peers.MemoryMount;

/// <summary>The beginning of a file, in memory for as long as the process lives, with its holes: those are not kept.
/// </summary>
/// <param name="address">Where byte 0 is; of holes nothing is there to be read.</param>
/// <param name="length">How many bytes.</param>
/// <param name="runs">Where data is: in order, apart from each other, none beyond the length.</param>
internal sealed class MemoryFile(nint address, long length, (long Start, long End)[] runs) : IFuseFile
{
    public long Length => length;

    public bool IsImmutable => true;

    /// <summary>What is no hole.</summary>
    public long DataBytes { get; } = runs.Sum(run => run.End - run.Start);

    /// <param name="image">A file that tells of its holes.</param>
    /// <param name="length">How much of it.</param>
    public static unsafe MemoryFile Load(string image, long length)
    {
        using SafeFileHandle file = File.OpenHandle(image);
        length = Math.Min(length, RandomAccess.GetLength(file));
        (long Start, long End)[] runs =
        [
            .. DataMap.Of(image).Where(run => run.Start < length)
                .Select(run => (run.Start, Math.Min(run.End, length))),
        ];
        // Pages of holes are never touched, so they take no memory.
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), (nuint)Environment.SystemPageSize);
        foreach ((long start, long end) in runs)
        {
            Fill(file, memory, start, end);
        }

        return new MemoryFile((nint)memory, length, runs);
    }

    public bool TryRead(long fileOffset, int length, FuseReadReply reply)
    {
        long end = fileOffset + length;
        for (int index = FirstRunBehind(fileOffset); fileOffset < end; index++)
        {
            (long start, long stop) = index < runs.Length ? runs[index] : (end, end);
            int zeros = (int)(Math.Clamp(start, fileOffset, end) - fileOffset);
            reply.AppendZeros(zeros);
            fileOffset += zeros;
            int data = (int)(Math.Min(stop, end) - fileOffset);
            reply.Append(address + (nint)fileOffset, data, lease: null);
            fileOffset += data;
        }

        return true;
    }

    public ValueTask ReadAsync(
        long fileOffset, int length, FuseReadReply reply, CancellationToken cancellationToken) =>
        throw new NotSupportedException("no read of memory waits");

    public long SeekData(long fileOffset)
    {
        int index = FirstRunBehind(fileOffset);
        return index == runs.Length ? -1 : Math.Max(fileOffset, runs[index].Start);
    }

    public long SeekHole(long fileOffset)
    {
        int index = FirstRunBehind(fileOffset);
        return index == runs.Length || fileOffset < runs[index].Start ? fileOffset : runs[index].End;
    }

    private static unsafe void Fill(SafeFileHandle file, byte* memory, long start, long end)
    {
        const int Piece = 1 << 20;
        while (start < end)
        {
            Span<byte> rest = new(memory + start, (int)Math.Min(end - start, Piece));
            int read = RandomAccess.Read(file, rest, start);
            start += read > 0 ? read : throw new EndOfStreamException($"the file ends at {start}, not at {end}");
        }
    }

    // The first that ends behind the offset: it holds it, or is the next one.
    private int FirstRunBehind(long fileOffset)
    {
        int low = 0;
        for (int high = runs.Length; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = runs[middle].End > fileOffset ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
