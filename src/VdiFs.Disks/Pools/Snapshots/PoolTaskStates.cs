using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Snapshots;

/// <summary>How the tasks stand that the pool itself carries out.</summary>
internal static class PoolTaskStates
{
    /// <summary>Whether it has come to its end, of whatever kind.</summary>
    public static bool IsOver(this TaskRecord task) => task.Status is not ("pending" or "cancelling");

    /// <summary>Whether it has done what it was for.</summary>
    public static bool HasSucceeded(this TaskRecord task) => task.Status == "success";

    /// <summary>Whether it could not do what it was for. One that was cancelled may have done it.</summary>
    public static bool HasFailed(this TaskRecord task) => task.Status == "failure";
}
