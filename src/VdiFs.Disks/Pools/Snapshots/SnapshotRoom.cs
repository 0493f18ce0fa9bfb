using System.Globalization;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Snapshots;

/// <summary>Tells whether a snapshot more does no harm to the SR it is made in.</summary>
internal static class SnapshotRoom
{
    /// <summary>
    /// Most images below a disk. SM refuses a chain of 30 (vhdutil.py, MAX_CHAIN_SIZE); what is taken here must leave
    /// the VM's owner a snapshot of his own.
    /// </summary>
    public const int MaximumParents = 28;

    private const string ParentKey = "vhd-parent";
    private const long MegaByte = 1024 * 1024;

    // What a running VM may write into a new, growing image while a copy is made; the rest of that is the SR's
    // business.
    private const long LeastGrowthBytes = 1024 * MegaByte;
    private const int GrowthDivisor = 20;

    // SM: LVM on anything gives the new image a volume of the disk's full size.
    private const string FullSizeDrivers = "lvm";

    /// <summary>Why no snapshot is to be taken; null when one may be.</summary>
    public static string? RefusalFor(VdiRecord vdi, PoolDatabase database)
    {
        if (vdi.Sharable)
        {
            return "it is shared by several VMs, and the pool takes no snapshot of such disks";
        }

        if (vdi.OnBoot == "reset")
        {
            return "its content is reset at each start of the VM, and the pool takes no snapshot of such disks";
        }

        int parents = CountParents(vdi, database);
        if (parents > MaximumParents)
        {
            return $"its chain has {parents} images already, {MaximumParents} are allowed here: "
                + "remove snapshots, and let the pool coalesce the rest";
        }

        if (!database.Srs.TryGetValue(vdi.Sr, out SrRecord? sr) || sr.PhysicalSizeBytes < 0)
        {
            return null;
        }

        long free = sr.PhysicalSizeBytes - sr.PhysicalUtilisationBytes;
        long needed = sr.Type.StartsWith(FullSizeDrivers, StringComparison.Ordinal)
            ? vdi.VirtualSizeBytes
            : Math.Min(vdi.VirtualSizeBytes, Math.Max(LeastGrowthBytes, vdi.VirtualSizeBytes / GrowthDivisor));
        return free >= needed
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"SR {sr.NameLabel} has {free / MegaByte} MiB free, and a snapshot may take {needed / MegaByte} MiB: "
                + $"make room");
    }

    private static int CountParents(VdiRecord vdi, PoolDatabase database)
    {
        Dictionary<string, VdiRecord> chain = [];
        foreach (VdiRecord candidate in database.Vdis.Values.Where(candidate => candidate.Sr == vdi.Sr))
        {
            chain[candidate.Uuid] = candidate;
        }

        int parents = 0;
        string? parent = vdi.SmConfig.GetValueOrDefault(ParentKey);
        // A ring, which only a broken SR has, ends the count too.
        while (!string.IsNullOrEmpty(parent) && parents <= chain.Count)
        {
            parents++;
            parent = chain.TryGetValue(parent, out VdiRecord? next) ? next.SmConfig.GetValueOrDefault(ParentKey) : null;
        }

        return parents;
    }
}
