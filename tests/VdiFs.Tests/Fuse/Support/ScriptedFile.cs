using System.Runtime.InteropServices;
using VdiFs.Fuse;

namespace VdiFs.Tests.Fuse.Support;

/// <summary>A file whose reads do what a test says: too few bytes, an error, waiting.</summary>
internal sealed class ScriptedFile(long length, ScriptedFile.Script script) : IFuseFile
{
    /// <summary>A read that may wait.</summary>
    public delegate ValueTask Script(
        long fileOffset, int length, FuseReadReply reply, CancellationToken cancellationToken);

    private static readonly byte[] Filler = GC.AllocateArray<byte>(FuseReadReply.MaxLength, pinned: true);

    public long Length => length;

    public bool IsImmutable { get; init; } = true;

    public int Reads => Volatile.Read(ref _reads);

    private int _reads;

    /// <summary>Appends so many bytes of nothing in particular.</summary>
    public static void Fill(FuseReadReply reply, int length) =>
        reply.Append(Marshal.UnsafeAddrOfPinnedArrayElement(Filler, 0), length, lease: null);

    public bool TryRead(long fileOffset, int length, FuseReadReply reply) => false;

    public ValueTask ReadAsync(long fileOffset, int length, FuseReadReply reply, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return script(fileOffset, length, reply, cancellationToken);
    }

    public long SeekData(long fileOffset) => fileOffset;

    public long SeekHole(long fileOffset) => Length;
}
