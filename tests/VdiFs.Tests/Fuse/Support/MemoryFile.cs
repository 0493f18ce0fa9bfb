using System.Runtime.InteropServices;
using VdiFs.Fuse;

namespace VdiFs.Tests.Fuse.Support;

/// <summary>A file that lives in pinned memory; a run of bytes in the middle can be a hole.</summary>
internal sealed class MemoryFile : IFuseFile
{
    private readonly byte[] _content;
    private readonly (long Start, long End) _hole;
    private long _bytesRead;

    public MemoryFile(int length, (long Start, long End) hole = default)
    {
        _content = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        _hole = hole;
        for (int index = 0; index < length; index++)
        {
            _content[index] = index >= hole.Start && index < hole.End ? (byte)0 : ByteAt(index);
        }
    }

    public ReadOnlySpan<byte> Content => _content;

    public long Length => _content.Length;

    public bool IsImmutable { get; init; } = true;

    public FuseBacking? Backing { get; init; }

    /// <summary>What takes space: all but the hole.</summary>
    public long AllocatedBytes => Length - (_hole.End - _hole.Start);

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>The byte every test expects at a file offset: a mix, so that a shifted block is seen.</summary>
    public static byte ByteAt(long fileOffset) =>
        (byte)((fileOffset * 31) ^ (fileOffset >> 8) ^ (fileOffset >> 17) ^ 0x5A);

    public bool TryRead(long fileOffset, int length, FuseReadReply reply)
    {
        Interlocked.Add(ref _bytesRead, length);
        while (length > 0)
        {
            bool inHole = fileOffset >= _hole.Start && fileOffset < _hole.End;
            long end = inHole ? _hole.End : fileOffset < _hole.Start ? _hole.Start : Length;
            int piece = (int)Math.Min(length, end - fileOffset);
            if (inHole)
            {
                reply.AppendZeros(piece);
            }
            else
            {
                reply.Append(Marshal.UnsafeAddrOfPinnedArrayElement(_content, (int)fileOffset), piece, lease: null);
            }

            fileOffset += piece;
            length -= piece;
        }

        return true;
    }

    public ValueTask ReadAsync(long fileOffset, int length, FuseReadReply reply, CancellationToken cancellationToken)
    {
        TryRead(fileOffset, length, reply);
        return ValueTask.CompletedTask;
    }

    public long SeekData(long fileOffset)
    {
        if (fileOffset < _hole.Start || fileOffset >= _hole.End)
        {
            return fileOffset;
        }

        return _hole.End < Length ? _hole.End : -1;
    }

    public long SeekHole(long fileOffset) =>
        fileOffset < _hole.Start ? _hole.Start : fileOffset < _hole.End ? fileOffset : Length;
}
