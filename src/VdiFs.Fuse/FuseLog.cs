using Microsoft.Extensions.Logging;
using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse;

/// <summary>Every log message of the room; event ids 3000 to 3999.</summary>
internal static partial class FuseLog
{
    [LoggerMessage(3000, LogLevel.Debug, "FUSE {Major}.{Minor} with {Flags}")]
    public static partial void Negotiated(ILogger logger, uint major, uint minor, FuseInitFlags flags);

    [LoggerMessage(3001, LogLevel.Warning, "{Opcode} of node {Node} answered {Errno}: {Reason}")]
    private static partial void RequestFailedLoudly(
        ILogger logger, FuseOpcode opcode, ulong node, Errno errno, string reason);

    [LoggerMessage(3002, LogLevel.Debug, "{Opcode} of node {Node} answered {Errno}: {Reason}")]
    private static partial void RequestFailedQuietly(
        ILogger logger, FuseOpcode opcode, ulong node, Errno errno, string reason);

    [LoggerMessage(3003, LogLevel.Error, "{Opcode} of node {Node} broke down, answered EIO")]
    public static partial void RequestBroken(ILogger logger, FuseOpcode opcode, ulong node, Exception exception);

    [LoggerMessage(3004, LogLevel.Error, "{Opcode} of node {Node} was left without an answer, answered EIO")]
    public static partial void RequestUnanswered(ILogger logger, FuseOpcode opcode, ulong node);

    [LoggerMessage(3005, LogLevel.Error, "{Opcode} of node {Node} took longer than {Deadline}, answered EIO")]
    public static partial void RequestOverdue(ILogger logger, FuseOpcode opcode, ulong node, TimeSpan deadline);

    [LoggerMessage(
        3006,
        LogLevel.Error,
        "READ of node {Node}: asked for {Expected} bytes at {FileOffset}, found {Found}; answered EIO")]
    public static partial void ReadLengthWrong(ILogger logger, ulong node, long fileOffset, int expected, int found);

    [LoggerMessage(3007, LogLevel.Error, "the kernel refused the reply to {Opcode} (unique {Unique}): {Errno}")]
    public static partial void ReplyRefused(ILogger logger, FuseOpcode opcode, ulong unique, Errno errno);

    [LoggerMessage(3008, LogLevel.Error, "a request of {Length} bytes is shorter than its header; ignored")]
    public static partial void RequestTooShort(ILogger logger, int length);

    [LoggerMessage(3009, LogLevel.Error, "{Opcode}: its header says {Expected} bytes, found {Found}; answered EIO")]
    public static partial void RequestLengthWrong(ILogger logger, FuseOpcode opcode, uint expected, int found);

    [LoggerMessage(3010, LogLevel.Error, "reading from the FUSE device: {Errno} ({Reason})")]
    public static partial void DeviceFailed(ILogger logger, Errno errno, string reason);

    [LoggerMessage(3011, LogLevel.Critical, "a FUSE reader thread broke down")]
    public static partial void ReaderFailed(ILogger logger, Exception exception);

    [LoggerMessage(3012, LogLevel.Information, "cleared the dead mount at {MountPoint}")]
    public static partial void StaleMountCleared(ILogger logger, string mountPoint);

    [LoggerMessage(3013, LogLevel.Warning, "{MountPoint} is busy and was detached lazily; in use by {Holders}")]
    public static partial void DetachedWhileBusy(ILogger logger, string mountPoint, string holders);

    [LoggerMessage(3014, LogLevel.Debug, "read-ahead stays as it is: {Path}: {Reason}")]
    public static partial void ReadAheadNotRaised(ILogger logger, string path, string reason);

    [LoggerMessage(3015, LogLevel.Debug, "mounted at {MountPoint} as device {Device}")]
    public static partial void Mounted(ILogger logger, string mountPoint, string device);

    [LoggerMessage(3016, LogLevel.Error, "{MountPoint} could not be unmounted: {Reason}")]
    public static partial void UnmountFailed(ILogger logger, string mountPoint, string reason);

    [LoggerMessage(3017, LogLevel.Warning, "the kernel refused {Code} of node {Node}: {Errno}")]
    public static partial void NoticeRefused(ILogger logger, FuseNotifyCode code, ulong node, Errno errno);

    [LoggerMessage(3018, LogLevel.Information, "this kernel offers no passthrough: every read goes through the daemon")]
    public static partial void PassthroughNotOffered(ILogger logger);

    [LoggerMessage(3019, LogLevel.Information, "the kernel reads the local file of node {Node} itself")]
    public static partial void PassedThrough(ILogger logger, ulong node);

    [LoggerMessage(
        3020,
        LogLevel.Information,
        "the kernel cannot read the local file of node {Node} itself: {Errno} ({Reason}); reads go through the daemon")]
    public static partial void NotPassedThrough(ILogger logger, ulong node, Errno errno, string reason);

    /// <summary>Lost bytes are for the operator; a name that does not exist is nobody's concern.</summary>
    public static void RequestFailed(ILogger logger, FuseOpcode opcode, ulong node, Errno errno, string reason)
    {
        if (errno == Errno.EIO)
        {
            RequestFailedLoudly(logger, opcode, node, errno, reason);
        }
        else
        {
            RequestFailedQuietly(logger, opcode, node, errno, reason);
        }
    }
}
