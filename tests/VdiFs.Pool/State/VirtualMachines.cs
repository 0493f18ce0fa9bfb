namespace VdiFs.Pool.State;

/// <summary>What XAPI does with whole VMs.</summary>
public static class VirtualMachines
{
    private const string Halted = "Halted";
    private const string Disk = "Disk";

    extension(PoolState state)
    {
        /// <summary>VM.start_on.</summary>
        public void Start(VmObject vm, HostObject host) => state.Mutate(() =>
        {
            if (vm.PowerState != Halted)
            {
                throw new XapiFailureException("VM_BAD_POWER_STATE", vm.Ref, Halted, vm.PowerState);
            }

            vm.ResidentOn = host;
            foreach (VbdObject vbd in Vbds(state, vm).Where(vbd => vbd.Vdi is not null))
            {
                state.PlugVbd(vbd, host);
            }

            vm.PowerState = "Running";
        });

        /// <summary>VM.hard_shutdown.</summary>
        public void Shutdown(VmObject vm) => state.Mutate(() =>
        {
            foreach (VbdObject vbd in Vbds(state, vm))
            {
                state.UnplugVbd(vbd);
            }

            vm.PowerState = Halted;
            vm.ResidentOn = null;
        });

        /// <summary>VM.snapshot: a template whose disks are snapshots of the VM's disks.</summary>
        public VmObject Snapshot(VmObject vm, string name, IReadOnlyCollection<string> ignoredVdis) =>
            state.Mutate(() =>
            {
                VbdObject[] vbds = Vbds(state, vm);
                var snapshot = new VmObject(state)
                {
                    NameLabel = name,
                    NameDescription = vm.NameDescription,
                    IsATemplate = true,
                    IsASnapshot = true,
                    SnapshotOf = vm.Ref,
                    SnapshotTime = state.Time.GetUtcNow(),
                };
                snapshot.Tags.Replace(vm.Tags);
                snapshot.OtherConfig.Replace(vm.OtherConfig);
                state.Add(snapshot);
                foreach (VbdObject vbd in vbds.Where(vbd => vbd.Vdi is null || !ignoredVdis.Contains(vbd.Vdi.Ref)))
                {
                    state.Add(new VbdObject(state)
                    {
                        Vm = snapshot,
                        Vdi = vbd.Type == Disk ? state.Snapshot(vbd.Vdi!) : vbd.Vdi,
                        UserDevice = vbd.UserDevice,
                        Mode = vbd.Mode,
                        Type = vbd.Type,
                        Bootable = vbd.Bootable,
                    });
                }

                return snapshot;
            });

        /// <summary>VM.destroy: its VBDs go with it, its disks stay.</summary>
        public void Destroy(VmObject vm) => state.Mutate(() =>
        {
            if (vm.PowerState != Halted)
            {
                throw new XapiFailureException("VM_BAD_POWER_STATE", vm.Ref, Halted, vm.PowerState);
            }

            foreach (VbdObject vbd in Vbds(state, vm))
            {
                state.Remove(vbd);
            }

            state.Remove(vm);
        });
    }

    private static VbdObject[] Vbds(PoolState state, VmObject vm) =>
        vm.Vbds.Select(state.Get<VbdObject>).ToArray();
}
