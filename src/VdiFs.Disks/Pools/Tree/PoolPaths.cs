using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Tree;

/// <summary>Where a disk is found in the tree, as far as the names there are those of the pool.</summary>
internal static class PoolPaths
{
    /// <summary>Where people find a disk: in its VM, in a VM's snapshot, else by its uuid.</summary>
    public static string Of(VdiRecord vdi, PoolDatabase database)
    {
        foreach (OpaqueRef place in vdi.Vbds)
        {
            if (database.Vbds.TryGetValue(place, out VbdRecord? vbd)
                && PoolVisibility.IsShown(vbd)
                && database.Vms.TryGetValue(vbd.Vm, out VmRecord? vm)
                && PoolVisibility.IsShown(vm))
            {
                return $"{Of(vm, database)}/{PoolNames.Of(new VmDisk(vbd, vdi))}";
            }
        }

        return StableOf(vdi);
    }

    /// <summary>Where a disk is as long as it lives, whatever it is called.</summary>
    public static string StableOf(VdiRecord vdi) => $"{PoolFolders.Vdis}/{vdi.Uuid}";

    private static string Of(VmRecord vm, PoolDatabase database) =>
        vm.IsASnapshot && database.Vms.TryGetValue(vm.SnapshotOf, out VmRecord? original)
            ? $"{PoolFolders.Vms}/{PoolNames.Of(original)}/{PoolFolders.Snapshots}/{PoolNames.Of(vm)}"
            : $"{PoolFolders.Vms}/{PoolNames.Of(vm)}";
}
