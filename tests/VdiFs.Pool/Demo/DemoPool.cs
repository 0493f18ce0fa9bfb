using VdiFs.Pool.Content;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Demo;

/// <summary>A small pool with one of everything that a client may trip over.</summary>
internal sealed class DemoPool
{
    private const long Mebi = 1L << 20;
    private const long Gibi = 1L << 30;
    private const long Tebi = 1L << 40;

    private static readonly DateTimeOffset FirstNight = new(2026, 11, 1, 2, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset SecondNight = FirstNight.AddDays(1);

    private readonly PoolState _state;
    private readonly DiskFactory _disks;

    private DemoPool(PoolState state, int seed, DiskFolder folder)
    {
        _state = state;
        _disks = new DiskFactory(state, seed, folder);
    }

    /// <summary>Fills a pool that has its hardware.</summary>
    public static void Build(PoolState state, int seed, DiskFolder folder) => state.Mutate(() =>
    {
        var pool = new DemoPool(state, seed, folder);
        pool.AddWebServer();
        pool.AddDatabase();
        pool.AddOddNames();
        pool.AddTemplates();
        pool.AddSuspended();
        pool.AddLoneDisks();
    });

    /// <summary>Runs on host 2; two disks, two snapshots of the same name, a CD drive with nothing in it.</summary>
    private void AddWebServer()
    {
        VmObject vm = AddVm("web01");
        VdiObject root = _disks.Add(PoolHardware.SharedSr, "web01 root", Gibi);
        VdiObject data = _disks.Add(PoolHardware.SharedSr, "web01 data", 2 * Gibi);
        Attach(vm, root, "0", isBootable: true);
        Attach(vm, data, "1");
        AttachCd(vm, null);
        Snapshot(vm, "nightly", FirstNight);
        _disks.Scribble(root, data);
        Snapshot(vm, "nightly", SecondNight);
        _disks.Scribble(root);
        _state.Start(vm, _state.Hosts[1]);
    }

    /// <summary>Halted; a qcow2 disk beyond what VHD can hold, changed blocks tracked on the other.</summary>
    private void AddDatabase()
    {
        VmObject vm = AddVm("db01");
        VdiObject root = _disks.Add(PoolHardware.LocalSr(1), "db01 root", Gibi);
        root.CbtEnabled = true;
        root.CbtChain = _state.NewUuid();
        Attach(vm, root, "0", isBootable: true);
        VdiObject archive = _disks.AddQcow2(PoolHardware.SharedSr, "db01 archive", 3 * Tebi);
        Attach(vm, archive, "1");
        AttachCd(vm, _disks.AddIso("debian-12.iso", isTools: false));
        Snapshot(vm, "before upgrade", FirstNight);
        _disks.Scribble(root, archive);
    }

    private void AddOddNames()
    {
        AddVmWithDisk("team/a", "one/two");
        AddVmWithDisk("B\u00fcro \u2603 \u65e5\u672c", "\u00e9\u00e8");
        AddVmWithDisk("", "");
        AddVmWithDisk("twin", "root");
        AddVmWithDisk("twin", "root");
        AddVmWithDisk("..", ".");
    }

    private void AddTemplates()
    {
        VmObject template = AddVm("Golden image");
        template.IsATemplate = true;
        Attach(template, _disks.Add(PoolHardware.SharedSr, "golden root", 64 * Mebi), "0");
        _state.Add(new VmObject(_state) { NameLabel = "Debian 12", IsATemplate = true, IsDefaultTemplate = true });
    }

    private void AddSuspended()
    {
        VmObject vm = AddVmWithDisk("sleeper", "sleeper root");
        vm.SuspendVdi = _disks.Add(PoolHardware.SharedSr, "Suspend image", 128 * Mebi, "suspend");
        vm.PowerState = "Suspended";
    }

    /// <summary>Disks that no VM uses.</summary>
    private void AddLoneDisks()
    {
        _disks.Add(PoolHardware.LocalSr(3), "orphan", 96 * Mebi);
        _disks.AddRaw(PoolHardware.RawSr, "raw volume", 64 * Mebi);
        _disks.Add(PoolHardware.SharedSr, "HA statefile", 4 * Mebi, "ha_statefile");
        _disks.AddIso("guest-tools.iso", isTools: true);
        VdiObject lost = _disks.Add(PoolHardware.SharedSr, "lost", 64 * Mebi);
        lost.Missing = true;
        VdiObject tracked = _disks.Add(PoolHardware.SharedSr, "tracked", 64 * Mebi);
        tracked.CbtEnabled = true;
        tracked.CbtChain = _state.NewUuid();
        VdiObject kept = _state.Snapshot(tracked);
        kept.SnapshotTime = FirstNight;
        kept.Type = "cbt_metadata";
        _disks.Scribble(tracked);
    }

    private VmObject AddVm(string name) => _state.Add(new VmObject(_state) { NameLabel = name });

    private VmObject AddVmWithDisk(string name, string diskName)
    {
        VmObject vm = AddVm(name);
        Attach(vm, _disks.Add(PoolHardware.SharedSr, diskName, 64 * Mebi), "0", isBootable: true);
        return vm;
    }

    private void Attach(VmObject vm, VdiObject vdi, string userDevice, bool isBootable = false) =>
        _state.Add(new VbdObject(_state)
        {
            Vm = vm,
            Vdi = vdi,
            UserDevice = userDevice,
            Bootable = isBootable,
        });

    private void AttachCd(VmObject vm, VdiObject? iso) => _state.Add(new VbdObject(_state)
    {
        Vm = vm,
        Vdi = iso,
        UserDevice = "3",
        Type = "CD",
        Mode = "RO",
    });

    private void Snapshot(VmObject vm, string name, DateTimeOffset time)
    {
        VmObject snapshot = _state.Snapshot(vm, name, []);
        snapshot.SnapshotTime = time;
        foreach (VdiObject vdi in snapshot.Vbds.Select(vbd => _state.Get<VbdObject>(vbd).Vdi)
            .OfType<VdiObject>().Where(vdi => vdi.IsASnapshot))
        {
            vdi.SnapshotTime = time;
        }
    }
}
