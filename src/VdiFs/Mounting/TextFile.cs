using VdiFs.Fuse;

namespace VdiFs.Mounting;

/// <summary>A small generated file that may read differently next time: the kernel keeps none of it.</summary>
internal sealed class TextFile(byte[] content) : IFuseFile
{
    public long Length => content.Length;

    public bool IsImmutable => false;

    public bool TryRead(long fileOffset, int length, FuseReadReply reply)
    {
        content.AsSpan((int)fileOffset, length).CopyTo(reply.AppendGenerated(length));
        return true;
    }

    public ValueTask ReadAsync(long fileOffset, int length, FuseReadReply reply, CancellationToken cancellationToken)
    {
        TryRead(fileOffset, length, reply);
        return ValueTask.CompletedTask;
    }

    public long SeekData(long fileOffset) => fileOffset < Length ? fileOffset : -1;

    public long SeekHole(long fileOffset) => fileOffset < Length ? Length : -1;
}
