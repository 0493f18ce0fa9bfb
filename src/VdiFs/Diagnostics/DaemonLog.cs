using Microsoft.Extensions.Logging;

namespace VdiFs.Diagnostics;

/// <summary>What the daemon itself logs. Event ids 5000 to 5999.</summary>
internal static partial class DaemonLog
{
    [LoggerMessage(5000, LogLevel.Information, "{Source} is mounted on {MountPoint}: {Disks} disks")]
    public static partial void Mounted(ILogger logger, string source, string mountPoint, int disks);

    [LoggerMessage(5001, LogLevel.Information, "{MountPoint} is unmounted ({End})")]
    public static partial void Unmounted(ILogger logger, string mountPoint, string end);

    [LoggerMessage(5003, LogLevel.Debug, "the source has changed: {Names} names, {Gone} files and directories gone")]
    public static partial void TreeChanged(ILogger logger, int names, int gone);

    [LoggerMessage(5004, LogLevel.Error, "following the source broke down; it is tried again")]
    public static partial void FollowingFailed(ILogger logger, Exception exception);

    [LoggerMessage(5002, LogLevel.Error, "cannot open {Origin}: {Reason}")]
    public static partial void DiskNotOpened(ILogger logger, string origin, string reason);
}
