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

    [LoggerMessage(
        4008, LogLevel.Warning, "{Server} stopped telling how large its exports are, opening them will: {Reason}")]
    public static partial void ExportsNotDescribed(ILogger logger, string server, string reason);

    [LoggerMessage(
        4009, LogLevel.Warning, "{Server} does not tell how large an export is that it calls empty: {Reason}")]
    public static partial void ExportNotMeasured(ILogger logger, string server, string reason);

    [LoggerMessage(4100, LogLevel.Information, "{Reason}")]
    public static partial void DiskRetired(ILogger logger, string reason);

    [LoggerMessage(
        4101, LogLevel.Warning, "the pool does not name the servers of {Disk}, taking them from its records: {Reason}")]
    public static partial void ServersFromRecords(ILogger logger, string disk, string reason);

    [LoggerMessage(4102, LogLevel.Warning, "{Disk} is read without knowing what is allocated: {Reason}")]
    public static partial void MapFailed(ILogger logger, string disk, string reason);

    [LoggerMessage(4103, LogLevel.Warning, "allocation maps are not kept in {Directory}: {Reason}")]
    public static partial void MapStoreFailed(ILogger logger, string directory, string reason);

    [LoggerMessage(4104, LogLevel.Information, "{Vdi} is still attached in a dom0, {Patience} after its export ended")]
    public static partial void StillAttached(ILogger logger, string vdi, TimeSpan patience);

    [LoggerMessage(4105, LogLevel.Information, "a snapshot of {Disk} was taken to read it: {Snapshot}")]
    public static partial void SnapshotTaken(ILogger logger, string disk, string snapshot);

    [LoggerMessage(
        4106, LogLevel.Error, "snapshot {Snapshot}, made for reading, stays in the pool until the next mount: {Reason}")]
    public static partial void SnapshotLeft(ILogger logger, string snapshot, string reason);

    [LoggerMessage(
        4107,
        LogLevel.Warning,
        "the pool's session is not noted in {Directory}, so a crash would leave it to expire by itself: {Reason}")]
    public static partial void SessionNoteFailed(ILogger logger, string directory, string reason);

    [LoggerMessage(4108, LogLevel.Information, "cleared away what a dead mount had left in the pool: {Kind} {Name}")]
    public static partial void Reaped(ILogger logger, string kind, string name);

    [LoggerMessage(4109, LogLevel.Information, "what a dead mount had left in the pool stays: {Kind} {Name}: {Reason}")]
    public static partial void NotReaped(ILogger logger, string kind, string name, string reason);

    [LoggerMessage(4110, LogLevel.Error, "the tree could not follow {Pool}, trying again in {Pause}")]
    public static partial void PoolNotFollowed(ILogger logger, string pool, TimeSpan pause, Exception exception);

    [LoggerMessage(
        4111,
        LogLevel.Error,
        "whether a snapshot of {Disk} was made for reading is not known, the mount ended before the pool answered: if "
        + "it was, the next mount destroys it")]
    public static partial void SnapshotUnknown(ILogger logger, string disk);

    [LoggerMessage(
        4112,
        LogLevel.Warning,
        "who reads whole files is not shown as a task in {Pool}, which does not take it: {Reason}")]
    public static partial void TasksRefused(ILogger logger, string pool, string reason);

    [LoggerMessage(
        4200,
        LogLevel.Warning,
        "{Disk}: a kept block is damaged, it and all that follow are fetched from the source instead: {Reason}")]
    public static partial void StoredBlockDamaged(ILogger logger, string disk, string reason);

    [LoggerMessage(
        4201,
        LogLevel.Critical,
        "{Disk} IS NOT WHAT IT WAS when earlier mounts kept blocks of it, though its content is said never to change: "
        + "{Reason}. What was kept of it is deleted; mount again to read what is there now")]
    public static partial void StoredContentChanged(ILogger logger, string disk, string reason);

    [LoggerMessage(
        4202, LogLevel.Warning, "no blocks are kept in {Directory} for now, reads go on without: {Reason}")]
    public static partial void StorePaused(ILogger logger, string directory, string reason);

    [LoggerMessage(4203, LogLevel.Information, "blocks are kept in {Directory} again")]
    public static partial void StoreResumed(ILogger logger, string directory);

    [LoggerMessage(4204, LogLevel.Warning, "what is kept in {Directory} cannot be used: {Reason}")]
    public static partial void StoreFailed(ILogger logger, string directory, string reason);

    [LoggerMessage(
        4205,
        LogLevel.Warning,
        "{Directory} does not take within {Patience} what is still to be written to it: the mount ends without")]
    public static partial void StoreNotWritten(ILogger logger, string directory, TimeSpan patience);
}
