using System.Globalization;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Owners;

/// <summary>
/// The process that a snapshot, a task or a session in a pool belongs to, so that a later one can tell whether it still
/// lives. Written as one line without secrets: machine/boot/namespace/pid/start.
/// </summary>
/// <param name="Machine">The machine's id; the same over restarts.</param>
/// <param name="Boot">The id of this start of the machine.</param>
/// <param name="PidNamespace">Where the process id counts: a container has its own.</param>
/// <param name="Pid">The process id there.</param>
/// <param name="StartTicks">When the process started, in ticks since the boot: a process id is used again.</param>
internal sealed record PoolOwner(string Machine, string Boot, string PidNamespace, int Pid, long StartTicks)
{
    /// <summary>The key of other_config that tells the owner of a VDI or a task.</summary>
    public const string OwnerKey = "vdifs:owner";

    /// <summary>
    /// The key of other_config that has a VDI's own reference: what is copied or snapshotted of it inherits all its
    /// notes, and must not be taken for it.
    /// </summary>
    public const string SelfKey = "vdifs:self";

    /// <summary>The key of other_config that tells when a VDI was made, as seconds since 1970.</summary>
    public const string CreatedKey = "vdifs:created";

    /// <summary>What a call notes in the task that the pool makes for it, to tell the owner.</summary>
    public const string CallKey = "vdifs-owner";

    /// <summary>The tag of what a mount makes for itself.</summary>
    public const string Tag = "vdifs";

    /// <summary>What stands for a part that cannot be told here.</summary>
    public const string Unknown = "unknown";

    private const int Parts = 5;

    /// <summary>Reads what <see cref="ToString"/> writes; null for anything else.</summary>
    public static PoolOwner? TryParse(string text)
    {
        string[] parts = text.Split('/');
        return parts.Length == Parts
            && parts.All(part => part.Length > 0)
            && int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            && long.TryParse(parts[4], NumberStyles.None, CultureInfo.InvariantCulture, out long start)
            ? new PoolOwner(parts[0], parts[1], parts[2], pid, start)
            : null;
    }

    /// <summary>The owner of a snapshot that a mount took for itself; null for every other VDI.</summary>
    public static PoolOwner? Of(VdiRecord vdi) =>
        vdi.IsASnapshot
        && vdi.OtherConfig.TryGetValue(SelfKey, out string? self)
        && self == vdi.Ref.Value
        && vdi.OtherConfig.TryGetValue(OwnerKey, out string? owner)
            ? TryParse(owner)
            : null;

    /// <summary>
    /// The owner of a task that a mount made, or that the pool made for a call of a mount; null for every other task.
    /// </summary>
    public static PoolOwner? Of(TaskRecord task) =>
        task.OtherConfig.TryGetValue(OwnerKey, out string? owner)
        || task.OtherConfig.TryGetValue(TaskRecord.CallersPrefix + CallKey, out owner)
            ? TryParse(owner)
            : null;

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Machine}/{Boot}/{PidNamespace}/{Pid}/{StartTicks}");
}
