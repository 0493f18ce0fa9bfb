using VdiFs.Disks.Pools.Owners;
using VdiFs.Disks.Pools.Snapshots;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Doctor;

/// <summary>Snapshots and tasks that mounts made, and whether those still live.</summary>
internal static class OrphanChecks
{
    private const string Subject = "left by vdifs";

    /// <summary>How far the clocks of two hosts of a pool may be apart; it keeps them together by NTP.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    public static IEnumerable<Finding> Run(PoolDatabase pool, OwnerJudge judge)
    {
        Finding[] found =
        [
            .. from vdi in pool.Vdis.Values
               let owner = PoolOwner.Of(vdi)
               where owner is not null
               select Of(NameOf(vdi), owner, judge, CureFor(vdi)),
            .. from task in pool.Tasks.Values
               let owner = PoolOwner.Of(task)
               where owner is not null
               select SnapshotMark.Of(task) is { } mark
                   ? OfSnapshotting(task, mark, owner, pool, judge)
                   : Of(NameOf(task), owner, judge, $"xe task-cancel uuid={task.Uuid}"),
        ];
        return found.Length > 0 ? found : [Finding.Ok(Subject, "nothing")];
    }

    private static Finding Of(string what, PoolOwner owner, OwnerJudge judge, string cure) => judge.IsDead(owner)
        ? Finding.Problem(
            Subject,
            $"{what} belongs to a mount of this machine that is no more",
            $"the next mount removes it; or: {cure}")
        : Finding.Warning(
            Subject, $"{what} belongs to a mount that lives, or to another machine", $"if that one is no more: {cure}");

    /// <summary>A snapshot that bears no mark yet: its task says which it is, or at least which it may be.</summary>
    private static Finding OfSnapshotting(
        TaskRecord task, SnapshotMark mark, PoolOwner owner, PoolDatabase pool, OwnerJudge judge)
    {
        if (task.HasSucceeded() && pool.Vdis.TryGetValue(task.ResultRef, out VdiRecord? taken))
        {
            return Of(NameOf(taken), owner, judge, CureFor(taken));
        }

        VdiRecord[] candidates = task.IsOver() && !task.HasSucceeded() && !task.HasFailed()
            ? [.. pool.Vdis.Values.Where(vdi => MayComeOf(vdi, task, mark, pool)).OrderBy(vdi => vdi.SnapshotTime)]
            : [];
        return candidates.Length == 0
            ? Of(NameOf(task), owner, judge, $"xe task-cancel uuid={task.Uuid}")
            : Finding.Warning(
                Subject,
                $"{NameOf(task)} was cancelled, and may have left one of these, which no mount removes: "
                + string.Join(", ", candidates.Select(NameOf)),
                "if it is nobody's: " + string.Join("; or: ", candidates.Select(CureFor)));
    }

    private static bool MayComeOf(VdiRecord vdi, TaskRecord task, SnapshotMark mark, PoolDatabase pool) =>
        vdi.IsASnapshot
        && vdi.Vbds.Count == 0
        && PoolOwner.Of(vdi) is null
        && vdi.SnapshotTime >= task.Created - ClockSkew
        && pool.Vdis.GetValueOrDefault(vdi.SnapshotOf)?.Uuid == mark.DiskUuid;

    private static string NameOf(VdiRecord vdi) => $"snapshot {vdi.Uuid} ({vdi.NameLabel})";

    private static string NameOf(TaskRecord task) => $"task {task.Uuid} ({task.NameLabel})";

    private static string CureFor(VdiRecord vdi) => $"xe vdi-destroy uuid={vdi.Uuid}";
}
