using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Snapshots;

/// <summary>
/// What the pool's task of taking a snapshot tells of it from its beginning on. A snapshot bears nothing of ours before
/// it is there; its task does, and says which snapshot came of it.
/// </summary>
/// <param name="DiskUuid">The disk that is snapshot.</param>
/// <param name="Call">Tells this snapshot from all others of the same owner.</param>
internal sealed record SnapshotMark(string DiskUuid, string Call)
{
    private const string DiskKey = "vdifs-snapshot-of";
    private const string CallKey = "vdifs-call";

    /// <summary>The mark of a task; null for a task that takes no snapshot for a mount.</summary>
    public static SnapshotMark? Of(TaskRecord task) =>
        task.OtherConfig.TryGetValue(TaskRecord.CallersPrefix + DiskKey, out string? disk)
        && task.OtherConfig.TryGetValue(TaskRecord.CallersPrefix + CallKey, out string? call)
            ? new SnapshotMark(disk, call)
            : null;

    /// <summary>The mark as notes of the task.</summary>
    public Dictionary<string, string> NotesFor(PoolOwner owner) => new()
    {
        [PoolOwner.CallKey] = owner.ToString(),
        [DiskKey] = DiskUuid,
        [CallKey] = Call,
    };
}
