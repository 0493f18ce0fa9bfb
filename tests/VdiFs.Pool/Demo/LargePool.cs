using System.Globalization;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Demo;

/// <summary>5,000 VMs with 20,000 disks that have no bytes: for whoever lists a big pool.</summary>
internal static class LargePool
{
    private const int Vms = 5_000;
    private const int DisksOfVm = 4;
    private const long DiskBytes = 32L << 30;

    public static void Build(PoolState state) => state.Mutate(() =>
    {
        SrObject sr = state.All<SrObject>().Single(one => one.NameLabel == PoolHardware.SharedSr);
        for (int i = 0; i < Vms; i++)
        {
            var vm = new VmObject(state)
            {
                NameLabel = string.Create(CultureInfo.InvariantCulture, $"vm{i:D4}"),
            };
            state.Add(vm);
            for (int disk = 0; disk < DisksOfVm; disk++)
            {
                AddDisk(state, sr, vm, disk);
            }
        }
    });

    private static void AddDisk(PoolState state, SrObject sr, VmObject vm, int disk)
    {
        string number = disk.ToString(CultureInfo.InvariantCulture);
        VdiObject vdi = state.Add(new VdiObject(state)
        {
            Sr = sr,
            NameLabel = $"{vm.NameLabel} disk {number}",
            VirtualSizeBytes = DiskBytes,
        });
        state.Add(new VbdObject(state) { Vm = vm, Vdi = vdi, UserDevice = number, Bootable = disk == 0 });
    }
}
