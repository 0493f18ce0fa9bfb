using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Doctor;

/// <summary>Snapshots and tasks that mounts made, and whether those still live.</summary>
internal static class OrphanChecks
{
    private const string Subject = "left by vdifs";

    public static IEnumerable<Finding> Run(PoolDatabase pool, OwnerJudge judge)
    {
        Finding[] found =
        [
            .. from vdi in pool.Vdis.Values
               let owner = PoolOwner.Of(vdi)
               where owner is not null
               select Of($"snapshot {vdi.Uuid} ({vdi.NameLabel})", owner, judge, $"xe vdi-destroy uuid={vdi.Uuid}"),
            .. from task in pool.Tasks.Values
               let owner = PoolOwner.Of(task)
               where owner is not null
               select Of($"task {task.Uuid} ({task.NameLabel})", owner, judge, $"xe task-cancel uuid={task.Uuid}"),
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
}
