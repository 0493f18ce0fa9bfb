using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness;
using VdiFs.Fuse;

namespace VdiFs.Peers.MemoryMount;

/// <summary>The beginning of a disk, in memory for as long as the process lives; zeros are not kept.</summary>
/// <param name="address">Its bytes; 0: all of them are zero.</param>
/// <param name="length">How many.</param>
internal sealed class MemoryFile(nint address, long length) : IFuseFile
{
    public long Length => length;

    public bool IsImmutable => true;

    /// <param name="image">A raw image.</param>
    /// <param name="length">How much of it.</param>
    public static unsafe MemoryFile Load(string image, long length)
    {
        using SafeFileHandle file = File.OpenHandle(image);
        length = Math.Min(length, RandomAccess.GetLength(file));
        if (DataMap.Of(image).Count == 0)
        {
            return new MemoryFile(0, length);
        }

        int bytes = checked((int)length);
        void* memory = NativeMemory.AlignedAlloc((nuint)bytes, (nuint)Environment.SystemPageSize);
        Span<byte> rest = new(memory, bytes);
        for (int offset = 0; offset < bytes;)
        {
            offset += RandomAccess.Read(file, rest[offset..], offset);
        }

        return new MemoryFile((nint)memory, length);
    }

    public bool TryRead(long fileOffset, int length, FuseReadReply reply)
    {
        if (address == 0)
        {
            reply.AppendZeros(length);
        }
        else
        {
            reply.Append(address + (nint)fileOffset, length, lease: null);
        }

        return true;
    }

    public ValueTask ReadAsync(
        long fileOffset, int length, FuseReadReply reply, CancellationToken cancellationToken) =>
        throw new NotSupportedException("no read of memory waits");

    public long SeekData(long fileOffset) => address == 0 ? -1 : fileOffset;

    public long SeekHole(long fileOffset) => address == 0 ? fileOffset : Length;
}
