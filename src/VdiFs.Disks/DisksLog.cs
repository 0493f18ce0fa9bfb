using Microsoft.Extensions.Logging;

namespace VdiFs.Disks;

/// <summary>Log messages of this room, events 4000 to 4999.</summary>
internal static partial class DisksLog
{
    [LoggerMessage(4000, LogLevel.Information, "{Server} delivers {Disk}")]
    public static partial void ServerConnected(ILogger logger, string server, string disk);

    [LoggerMessage(4001, LogLevel.Warning, "{Server} is lost, reads under way go on elsewhere: {Reason}")]
    public static partial void ServerLost(ILogger logger, string server, string reason);

    [LoggerMessage(4002, LogLevel.Warning, "{Server} cannot be used, trying again: {Reason}")]
    public static partial void ServerFailed(ILogger logger, string server, string reason);

    [LoggerMessage(
        4003,
        LogLevel.Critical,
        "{Server} IS NOT THE SAME DISK ANY MORE and is not read again, so that the bytes of two disks are never mixed: "
        + "{Reason}. Mount again if the new disk is wanted")]
    public static partial void DiskChanged(ILogger logger, string server, string reason);

    [LoggerMessage(4004, LogLevel.Error, "{Reason}")]
    public static partial void ReadFailed(ILogger logger, string reason);

    [LoggerMessage(4005, LogLevel.Debug, "{Server} has not answered for {Patience}, asking {Other} as well")]
    public static partial void AskedTwice(ILogger logger, string server, TimeSpan patience, string other);

    [LoggerMessage(
        4006,
        LogLevel.Error,
        "the server's block status of export '{Name}' calls the bytes at {DiskOffset} zero, and they are not: its word "
        + "about holes is not taken, the whole disk counts as allocated")]
    public static partial void HolesHoldData(ILogger logger, string name, long diskOffset);

    [LoggerMessage(
        4007,
        LogLevel.Warning,
        "{Disk} has {Found} bytes at its server, but {Known} are known: those beyond are not shown")]
    public static partial void DiskIsLarger(ILogger logger, string disk, long found, long known);
}
