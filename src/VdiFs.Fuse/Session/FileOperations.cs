using System.Runtime.InteropServices;
using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse.Session;

/// <summary>A file's content: OPEN, READ, LSEEK, FLUSH, RELEASE. Handles carry no state: fh is 0, the node says
/// everything.</summary>
internal static class FileOperations
{
    private const uint AccessModeMask = 3;
    private const uint TruncateFlag = 0x200;

    /// <summary>O_DIRECT, one of the few that Linux numbers by processor.</summary>
    public static readonly uint DirectFlag =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000u : 0x4000u;

    public static ValueTask Open(FuseRequest request, ReadOnlySpan<byte> body)
    {
        OpenIn open = MemoryMarshal.Read<OpenIn>(body);
        if ((open.Flags & (AccessModeMask | TruncateFlag)) != 0)
        {
            request.Fail(Errno.EROFS);
            return ValueTask.CompletedTask;
        }

        return OpenAsync(request, isDirect: (open.Flags & DirectFlag) != 0);
    }

    /// <summary>
    /// Only passed-through files are opened without FOPEN_NOFLUSH. ENOSYS: the kernel remembers it and does without.
    /// </summary>
    public static ValueTask Flush(FuseRequest request, ReadOnlySpan<byte> body)
    {
        if (request.Session.Passthrough.IsPossible)
        {
            return FlushAsync(request);
        }

        request.Fail(Errno.ENOSYS);
        return ValueTask.CompletedTask;
    }

    public static ValueTask Release(FuseRequest request, ReadOnlySpan<byte> body)
    {
        request.FileSystem.Released(request.Node);
        request.Succeed();
        return ValueTask.CompletedTask;
    }

    public static ValueTask Read(FuseRequest request, ReadOnlySpan<byte> body)
    {
        ReadIn read = MemoryMarshal.Read<ReadIn>(body);
        if (read.Offset > long.MaxValue || read.Size > FuseReadReply.MaxLength)
        {
            request.Fail(Errno.EINVAL);
            return ValueTask.CompletedTask;
        }

        return request.FileSystem.TryGetFile(request.Node, out IFuseFile? file)
            ? Read(request, file, (long)read.Offset, (int)read.Size)
            : OpenAndReadAsync(request, (long)read.Offset, (int)read.Size);
    }

    public static ValueTask Seek(FuseRequest request, ReadOnlySpan<byte> body)
    {
        LseekIn seek = MemoryMarshal.Read<LseekIn>(body);
        if (seek.Whence is not (LseekIn.SeekData or LseekIn.SeekHole) || seek.Offset > long.MaxValue)
        {
            request.Fail(Errno.EINVAL);
            return ValueTask.CompletedTask;
        }

        bool forData = seek.Whence == LseekIn.SeekData;
        if (request.FileSystem.TryGetFile(request.Node, out IFuseFile? file))
        {
            Seek(request, file, (long)seek.Offset, forData);
            return ValueTask.CompletedTask;
        }

        return OpenAndSeekAsync(request, (long)seek.Offset, forData);
    }

    /// <summary>The synchronous path: no allocation from the request to its reply.</summary>
    private static ValueTask Read(FuseRequest request, IFuseFile file, long fileOffset, int size)
    {
        int length = (int)Math.Clamp(file.Length - fileOffset, 0, size);
        if (length == 0)
        {
            request.Succeed();
            return ValueTask.CompletedTask;
        }

        request.Reply.Expect(length);
        if (file.TryRead(fileOffset, length, request.Reply))
        {
            Send(request, fileOffset, length);
            return ValueTask.CompletedTask;
        }

        request.Reply.Reset();
        request.Reply.Expect(length);
        return ReadAsync(request, file, fileOffset, length);
    }

    private static async ValueTask ReadAsync(FuseRequest request, IFuseFile file, long fileOffset, int length)
    {
        await file.ReadAsync(fileOffset, length, request.Reply, request.CancellationToken).ConfigureAwait(false);
        Send(request, fileOffset, length);
    }

    private static async ValueTask OpenAndReadAsync(FuseRequest request, long fileOffset, int size)
    {
        IFuseFile file = await request.FileSystem
            .OpenFileAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        await Read(request, file, fileOffset, size).ConfigureAwait(false);
    }

    /// <summary>
    /// The rule that guards the promise: the kernel takes a short reply for the end of the file and truncates it there
    /// (fs/fuse/file.c, fuse_short_read), with exit status 0 for whoever copies it.
    /// </summary>
    private static void Send(FuseRequest request, long fileOffset, int length)
    {
        if (request.Reply.Length == length)
        {
            request.SucceedWithReply();
            return;
        }

        FuseLog.ReadLengthWrong(request.Session.Logger, request.Node.Value, fileOffset, length, request.Reply.Length);
        request.Fail(Errno.EIO);
    }

    private static async ValueTask OpenAsync(FuseRequest request, bool isDirect)
    {
        IFuseFile file = await request.FileSystem
            .OpenFileAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        NodeId node = request.Node;
        int backingId = await request.Session.Passthrough
            .OpenAsync(node, file, request.CancellationToken).ConfigureAwait(false);
        FuseOpenFlags flags = backingId > 0 ? FuseOpenFlags.Passthrough
            : FuseOpenFlags.NoFlush | PageCacheUse(request.Session, file, isDirect);
        OpenOut reply = new(FileHandle: 0, flags, backingId);
        // First: once the kernel has the reply, the RELEASE may overtake whatever is done here.
        request.FileSystem.Opened(node);
        if (!request.SucceedWith(in reply))
        {
            // Whoever opened has given up: no RELEASE will come.
            request.FileSystem.Released(node);
        }
    }

    private static FuseOpenFlags PageCacheUse(FuseSession session, IFuseFile file, bool isDirect)
    {
        if (!file.IsImmutable || session.HasDirectIo)
        {
            return FuseOpenFlags.DirectIo;
        }

        // With ASYNC_DIO a program that waits for its direct read does so until the answer, whatever signal comes
        // (fs/fuse/file.c, fuse_direct_IO): FOPEN_DIRECT_IO sends it the way that can be interrupted. KEEP_CACHE,
        // or its open drops the pages of all other readers.
        return isDirect && session.HasAsyncDirectReads
            ? FuseOpenFlags.DirectIo | FuseOpenFlags.KeepCache
            : FuseOpenFlags.KeepCache;
    }

    private static async ValueTask FlushAsync(FuseRequest request)
    {
        await request.Session.Passthrough
            .CloseAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        request.Succeed();
    }

    private static async ValueTask OpenAndSeekAsync(FuseRequest request, long fileOffset, bool forData)
    {
        IFuseFile file = await request.FileSystem
            .OpenFileAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        Seek(request, file, fileOffset, forData);
    }

    private static void Seek(FuseRequest request, IFuseFile file, long fileOffset, bool forData)
    {
        long length = file.Length;
        long found = fileOffset >= length ? -1 : forData ? file.SeekData(fileOffset) : file.SeekHole(fileOffset);
        if (found < 0)
        {
            request.Fail(Errno.ENXIO);
            return;
        }

        // A wrong answer makes cp and tar leave data out.
        if (found < fileOffset || found > length || (forData && found == length))
        {
            throw new FuseException(
                Errno.EIO, $"seek from {fileOffset} in a file of {length} bytes: found {found}", inner: null);
        }

        LseekOut reply = new((ulong)found);
        request.SucceedWith(in reply);
    }
}
