using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse.Session;

/// <summary>What to do about an INIT request.</summary>
internal enum NegotiationOutcome
{
    /// <summary>Answer and serve.</summary>
    Accepted,

    /// <summary>A newer major: answer with ours, the kernel sends a second INIT.</summary>
    AskedAgain,

    /// <summary>Too old: answer EPROTO.</summary>
    Refused,
}

/// <summary>
/// The INIT conversation as a pure function (libfuse doc: kernel and server each use the smaller minor).
/// </summary>
internal static class Negotiation
{
    public const uint Major = 7;

    /// <summary>The protocol of fuse_kernel.h this server is written against.</summary>
    public const uint Minor = 45;

    /// <summary>Linux 3.15: the first with the 64-byte INIT reply.</summary>
    public const uint OldestMinor = 23;

    /// <summary>The kernel's floor. Nothing is ever written, and it keeps the request buffers small.</summary>
    public const uint MaxWriteBytes = 4096;

    /// <summary>
    /// Every flag the server always asks for when it is offered. EXPLICIT_INVAL_DATA, not AUTO_INVAL_DATA: content
    /// never changes under its node id. OPENDIR is answered (no NO_OPENDIR_SUPPORT): otherwise a dead mount looks alive.
    /// ASYNC_DIO: without it io_submit and io_uring wait for each direct read, whatever depth a program asks for.
    /// </summary>
    public const FuseInitFlags Wanted =
        FuseInitFlags.AsyncRead | FuseInitFlags.ExportSupport | FuseInitFlags.DoReaddirplus
        | FuseInitFlags.ReaddirplusAuto | FuseInitFlags.AsyncDio | FuseInitFlags.ParallelDirops
        | FuseInitFlags.AbortError | FuseInitFlags.MaxPages | FuseInitFlags.CacheSymlinks
        | FuseInitFlags.ExplicitInvalData | FuseInitFlags.InitExt | FuseInitFlags.DirectIoAllowMmap;

    /// <summary>
    /// The mount counts as one layer on another file system: that is what files that are stacked on nothing need.
    /// </summary>
    private const uint PassthroughStackDepth = 1;

    /// <summary>Answers one INIT.</summary>
    /// <param name="request">What the kernel offers.</param>
    /// <param name="maxBackground">Background requests in flight, 1 to 65535.</param>
    /// <param name="readAheadBytes">The read-ahead window wanted; the kernel can only lower its own by it.</param>
    /// <param name="pageSizeBytes">The machine's page size: the longest read is 1 MiB in pages.</param>
    /// <param name="passthrough">Whether the kernel is to read local files itself, if it can.</param>
    /// <param name="reply">The answer, except when refused.</param>
    public static NegotiationOutcome Answer(
        in InitIn request,
        int maxBackground,
        uint readAheadBytes,
        int pageSizeBytes,
        bool passthrough,
        out InitOut reply)
    {
        reply = new InitOut { Major = Major, Minor = Minor };
        if (request.Major > Major)
        {
            return NegotiationOutcome.AskedAgain;
        }

        if (request.Major < Major || request.Minor < OldestMinor)
        {
            return NegotiationOutcome.Refused;
        }

        // Without INIT_EXT the upper word is noise (fs/fuse/inode.c, process_init_reply).
        bool extended = ((FuseInitFlags)request.Flags & FuseInitFlags.InitExt) != 0;
        ulong offered = request.Flags | (extended ? (ulong)request.Flags2 << 32 : 0);
        FuseInitFlags wanted = Wanted | (passthrough ? FuseInitFlags.Passthrough : FuseInitFlags.None);
        FuseInitFlags flags = (FuseInitFlags)offered & wanted;
        if ((flags & FuseInitFlags.DirectIoAllowMmap) == 0)
        {
            // It takes FOPEN_DIRECT_IO to stay safe (FileOperations.Open), which without this forbids shared mappings.
            flags &= ~FuseInitFlags.AsyncDio;
        }

        bool longReads = (flags & FuseInitFlags.MaxPages) != 0;
        reply = reply with
        {
            Minor = Math.Min(Minor, request.Minor),
            MaxReadahead = Math.Max(request.MaxReadahead, readAheadBytes),
            Flags = (uint)flags,
            Flags2 = (uint)((ulong)flags >> 32),
            MaxBackground = (ushort)maxBackground,
            CongestionThreshold = (ushort)Math.Max(1, maxBackground * 3 / 4),
            MaxWrite = MaxWriteBytes,
            TimeGranularity = 1,
            MaxPages = longReads ? (ushort)(FuseReadReply.MaxLength / pageSizeBytes) : (ushort)0,
            MaxStackDepth = (flags & FuseInitFlags.Passthrough) != 0 ? PassthroughStackDepth : 0,
        };
        return NegotiationOutcome.Accepted;
    }
}
