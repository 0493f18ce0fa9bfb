using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Doctor;

/// <summary>What somebody left behind: disks that a control domain still holds though nobody reads them.</summary>
internal static class LeftoverChecks
{
    public static IEnumerable<Finding> Run(PoolDatabase pool)
    {
        const string subject = "dom0 VBD";
        VbdRecord[] held =
        [
            .. pool.Vbds.Values
                .Where(vbd => pool.Vms.GetValueOrDefault(vbd.Vm) is { IsControlDomain: true })
                .Where(vbd => vbd.Type == "Disk" && pool.Vdis.ContainsKey(vbd.Vdi))
                .OrderBy(vbd => vbd.Uuid, StringComparer.Ordinal),
        ];
        return held.Length == 0
            ? [Finding.Ok(subject, "no disk is held by a control domain")]
            : held.Select(vbd => Finding.Warning(
                subject,
                $"VDI {pool.Vdis[vbd.Vdi].Uuid} is {(vbd.CurrentlyAttached ? "held" : "kept")} by "
                + $"{pool.Vms[vbd.Vm].NameLabel}: in use by whoever reads it just now, or left behind, and then "
                + "it blocks its deletion",
                $"if no backup or mount reads it: xe vbd-unplug uuid={vbd.Uuid}; xe vbd-destroy uuid={vbd.Uuid}"));
    }
}
