using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VdiFs.Fuse.Abi;
using VdiFs.Fuse.Device;

namespace VdiFs.Fuse.Session;

/// <summary>
/// One request from its arrival to its one reply. Pooled: a request that completes on its reader thread is used again
/// at once, one that was interrupted is never used again, because its operation may still be running.
/// </summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "The source has no timer, no wait handle, and may be cancelled late.")]
internal sealed class FuseRequest(FuseSession session)
{
    private const int MaxErrorNumber = 511;

    private readonly CancellationTokenSource _cancellation = new();
    private FuseDevice? _device;
    private InHeader _header;
    private int _answered;

    public FuseSession Session => session;

    public IFuseFileSystem FileSystem => session.FileSystem;

    public ulong Unique => _header.Unique;

    public FuseOpcode Opcode => _header.Opcode;

    /// <summary>The thread that waits for the answer; 0 when it is of a foreign pid namespace.</summary>
    public uint Caller => _header.Pid;

    public NodeId Node => new(_header.NodeId);

    /// <summary>Cancelled by an INTERRUPT that ends it, by the deadline and at the end.</summary>
    public CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>The pieces of a READ's reply.</summary>
    public FuseReadReply Reply { get; } = new();

    /// <summary>When it became asynchronous, by <see cref="Environment.TickCount64"/>.</summary>
    public long StartedTicks { get; private set; }

    /// <summary>Set under the in-flight table's lock when somebody else than the operation answered it.</summary>
    public bool Abandoned { get; set; }

    /// <summary>Set under the in-flight table's lock when the kernel has sent its INTERRUPT.</summary>
    public bool IsInterrupted { get; set; }

    public bool IsAnswered => Volatile.Read(ref _answered) != 0;

    public void Begin(FuseDevice device, in InHeader header)
    {
        _device = device;
        _header = header;
        _answered = 0;
        StartedTicks = 0;
        IsInterrupted = false;
    }

    public void MarkInFlight() => StartedTicks = Environment.TickCount64;

    /// <summary>Makes it ready for the next <see cref="Begin"/>.</summary>
    /// <returns>False when it must be thrown away.</returns>
    public bool TryRecycle()
    {
        Reply.Reset();
        return !Abandoned && _cancellation.TryReset();
    }

    public void Cancel() => _cancellation.Cancel();

    /// <summary>True for exactly one caller: the one who may reply.</summary>
    public bool TryClaim() => Interlocked.Exchange(ref _answered, 1) == 0;

    /// <summary>For requests that have no reply (FORGET, INTERRUPT).</summary>
    public void SucceedSilently() => TryClaim();

    public void Succeed() => SucceedWithBytes([]);

    /// <returns>Whether the kernel took it: false when somebody else has answered, or the request is gone.</returns>
    public bool SucceedWith<T>(in T content)
        where T : unmanaged => SucceedWithBytes(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in content)));

    /// <returns>As of <see cref="SucceedWith"/>.</returns>
    public bool SucceedWithBytes(ReadOnlySpan<byte> content)
    {
        if (!TryClaim())
        {
            return false;
        }

        OutHeader header = new((uint)(OutHeader.Size + content.Length), Error: 0, Unique);
        const int onStack = 512;
        int total = OutHeader.Size + content.Length;
        Span<byte> message = total <= onStack ? stackalloc byte[onStack] : new byte[total];
        message = message[..total];
        MemoryMarshal.Write(message, in header);
        content.CopyTo(message[OutHeader.Size..]);
        Errno written = _device!.Write(message);
        Check(written);
        return written == Errno.None;
    }

    /// <summary>Sends what was appended to <see cref="Reply"/>; it keeps its leases until it is recycled.</summary>
    public void SucceedWithReply()
    {
        if (!TryClaim())
        {
            return;
        }

        (nint segments, int count) = Reply.Seal(Unique);
        Check(_device!.Write(segments, count));
    }

    public void Fail(Errno errno)
    {
        if (TryClaim())
        {
            SendClaimedError(errno);
        }
    }

    /// <summary>Replies with an error after a successful <see cref="TryClaim"/>.</summary>
    public void SendClaimedError(Errno errno)
    {
        Errno written = WriteError(errno);
        if (!IsGone(written))
        {
            FuseLog.ReplyRefused(session.Logger, Opcode, Unique, written);
        }
    }

    [SkipLocalsInit]
    private Errno WriteError(Errno errno)
    {
        // Outside of this range the kernel takes no reply at all, and the caller hangs (fuse_dev_do_write).
        int number = (int)errno is >= 1 and <= MaxErrorNumber ? (int)errno : (int)Errno.EIO;
        OutHeader header = new(OutHeader.Size, -number, Unique);
        return _device!.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<OutHeader>(in header)));
    }

    private void Check(Errno written)
    {
        if (IsGone(written))
        {
            return;
        }

        // The kernel did not take it: an error in its place, or the caller would wait for ever.
        FuseLog.ReplyRefused(session.Logger, Opcode, Unique, written);
        WriteError(Errno.EIO);
    }

    /// <summary>Written, or the request or the whole connection is gone, which is nobody's mistake.</summary>
    private static bool IsGone(Errno written) => written is Errno.None or Errno.ENOENT or Errno.ENODEV
        or Errno.ECONNABORTED or Errno.EPIPE or Errno.ENOTCONN;
}
