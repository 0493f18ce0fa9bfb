using System.Text;
using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Disks.Pools.Tree;
using VdiFs.Formats;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

public class PoolIndexTests
{
    private static readonly DateTimeOffset MountTime = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly DateTimeOffset Night = new(2025, 12, 31, 1, 0, 0, TimeSpan.Zero);

    private readonly PoolBuilder _pool = new();
    private readonly SrRecord _sr;

    public PoolIndexTests() => _sr = _pool.Sr("store");

    public static TheoryData<string> HiddenKinds =>
    [
        "base copy", "missing", "tools", "suspend", "ha_statefile", "cbt_metadata", "redo_log", "metadata", "crashdump",
        "empty",
    ];

    [Fact]
    public void A_VM_shows_its_disks_in_the_order_of_their_positions()
    {
        VmRecord vm = _pool.Vm("web01");
        _pool.Attach(vm, _pool.Vdi(_sr, "data"), "10");
        _pool.Attach(vm, _pool.Vdi(_sr, "root"), "0");
        _pool.Attach(vm, _pool.Vdi(_sr, "swap"), "2");

        Assert.Equal(["0-root", "2-swap", "10-data"], Disks("vms/web01"));
    }

    [Fact]
    public void A_snapshot_shows_under_its_VM_with_its_own_disks()
    {
        VmRecord vm = _pool.Vm("web01");
        VdiRecord root = _pool.Vdi(_sr, "root");
        _pool.Attach(vm, root, "0");
        VmRecord snapshot = SnapshotOf(vm, "nightly");
        VdiRecord frozen = _pool.Snapshot(_pool.Database.Vdis[root.Ref], Night);
        _pool.Attach(snapshot, frozen, "0");

        Assert.Equal(["0-root"], Disks("vms/web01/snapshots/nightly"));
        CatalogDisk shown = Folder("vms/web01/snapshots/nightly").Content.Disks[0];
        Assert.Equal(frozen.Uuid, shown.Entry.Identity.Uuid.ToString());
        Assert.Equal(Night, Folder("vms/web01/snapshots/nightly").Time);
        Assert.DoesNotContain("nightly", Folder("vms").Content.Folders.Select(folder => folder.Name));
    }

    [Fact]
    public void A_snapshot_whose_VM_is_gone_stands_among_the_VMs()
    {
        VmRecord vm = _pool.Vm("web01");
        VmRecord snapshot = SnapshotOf(vm, "nightly");
        _pool.Database = _pool.Database with { Vms = _pool.Database.Vms.Remove(vm.Ref) };

        Assert.Equal(["nightly"], Folder("vms").Content.Folders.Select(folder => folder.Name));
        Assert.Equal(snapshot.Uuid, Folder("vms/nightly").Key);
    }

    [Fact]
    public void Control_domains_templates_and_their_snapshots_do_not_show()
    {
        _pool.Vm("dom0", vm => vm with { IsControlDomain = true });
        VmRecord template = _pool.Vm("Debian", vm => vm with { IsATemplate = true });
        SnapshotOf(template, "of a template");

        Assert.Empty(Folder("vms").Content.Folders);
    }

    [Fact]
    public void What_has_no_name_shows_by_its_uuid()
    {
        VmRecord vm = _pool.Vm("");
        VdiRecord disk = _pool.Vdi(_sr, " ");
        _pool.Attach(vm, disk, "0");

        Assert.Equal([$"0-{disk.Uuid}"], Disks($"vms/{vm.Uuid}"));
    }

    [Theory]
    [MemberData(nameof(HiddenKinds))]
    public void What_is_no_guests_disk_shows_nowhere(string kind)
    {
        VmRecord vm = _pool.Vm("web01");
        _pool.Attach(vm, _pool.Vdi(_sr, kind, vdi => kind switch
        {
            "base copy" => vdi with { Managed = false },
            "missing" => vdi with { Missing = true },
            "tools" => vdi with { IsToolsIso = true },
            "empty" => vdi with { VirtualSizeBytes = 0 },
            _ => vdi with { Type = kind },
        }), "0");

        Assert.Empty(Disks("vms/web01"));
        Assert.Empty(Disks("srs/store"));
        Assert.Empty(Disks("vdis"));
    }

    [Fact]
    public void CDs_and_libraries_of_ISO_images_do_not_show()
    {
        SrRecord library = _pool.Sr("ISOs", "iso", "iso");
        _pool.Sr("drives", "udev", "iso");
        VmRecord vm = _pool.Vm("web01");
        _pool.Attach(vm, _pool.Vdi(library, "debian.iso"), "3", vbd => vbd with { Type = "CD" });
        _pool.Attach(vm, _pool.Vdi(_sr, "in a CD drive"), "4", vbd => vbd with { Type = "CD" });

        Assert.Empty(Disks("vms/web01"));
        Assert.Equal(["store"], Folder("srs").Content.Folders.Select(folder => folder.Name));
        Assert.Single(Disks("vdis"));
    }

    [Fact]
    public void A_snapshot_that_a_mount_took_for_itself_does_not_show_but_a_copy_of_it_does()
    {
        VdiRecord disk = _pool.Vdi(_sr, "root");
        VdiRecord own = _pool.Snapshot(disk, Night);
        Dictionary<string, string> notes = new()
        {
            [PoolOwner.OwnerKey] = new FakeProcesses().Self.ToString(),
            [PoolOwner.SelfKey] = own.Ref.ToString(),
        };
        _pool.Put(own with { OtherConfig = notes });
        VdiRecord copy = _pool.Vdi(_sr, "copy", vdi => vdi with { OtherConfig = notes });
        VdiRecord ofTheCopy = _pool.Put(_pool.Snapshot(copy, Night) with { OtherConfig = notes });

        Assert.Equal(
            new[] { disk.Uuid, copy.Uuid, ofTheCopy.Uuid }.Order(),
            new PoolIndex(_pool.Database).Vdis.Select(vdi => vdi.Uuid));
    }

    [Fact]
    public void A_disk_is_found_by_its_VM_its_snapshot_or_its_uuid()
    {
        VmRecord vm = _pool.Vm("web01");
        VdiRecord root = _pool.Vdi(_sr, "root");
        VdiRecord loose = _pool.Vdi(_sr, "loose");
        _pool.Attach(vm, root, "0");
        VmRecord snapshot = SnapshotOf(vm, "nightly");
        VdiRecord frozen = _pool.Snapshot(root, Night);
        _pool.Attach(snapshot, frozen, "0");
        PoolDatabase pool = _pool.Database;

        Assert.Equal("vms/web01/0-root", PoolPaths.Of(pool.Vdis[root.Ref], pool));
        Assert.Equal("vms/web01/snapshots/nightly/0-root", PoolPaths.Of(pool.Vdis[frozen.Ref], pool));
        Assert.Equal($"vdis/{loose.Uuid}", PoolPaths.Of(loose, pool));
    }

    [Fact]
    public void The_record_of_a_VM_is_written_with_sorted_keys_and_without_the_notes_of_others()
    {
        VmRecord vm = _pool.Vm(
            "w\u00e9b01",
            record => record with
            {
                NameDescription = "front end",
                PowerState = "Running",
                MaxProcessors = 3,
                MaxMemoryBytes = 4L << 30,
                BootParameters = new Dictionary<string, string> { ["firmware"] = "uefi", ["order"] = "dc" },
            });
        VdiRecord disk = _pool.Vdi(_sr, "root", vdi => vdi with
        {
            OtherConfig = new Dictionary<string, string> { ["token"] = "hidden" },
        });
        _pool.Attach(vm, disk, "0", vbd => vbd with { Bootable = true, Device = "xvda" });

        CatalogDocument document = Assert.Single(Folder("vms/w\u00e9b01").Content.Documents);

        Assert.Equal("vm.json", document.Name);
        Assert.Equal(
            $$"""
            {
              "description": "front end",
              "disks": [
                {
                  "bootable": true,
                  "device": "xvda",
                  "mode": "RW",
                  "name": "root",
                  "path": "vdis/{{disk.Uuid}}",
                  "size": 1048576,
                  "userdevice": "0",
                  "uuid": "{{disk.Uuid}}"
                }
              ],
              "firmware": "uefi",
              "memory": 4294967296,
              "name": "{{vm.NameLabel}}",
              "powerState": "Running",
              "processors": 3,
              "uuid": "{{vm.Uuid}}"
            }

            """,
            Encoding.UTF8.GetString(document.Write()));
    }

    [Fact]
    public void The_record_of_a_snapshot_tells_its_time_in_seconds_of_UTC()
    {
        VmRecord vm = _pool.Vm("web01");
        _pool.Vm("nightly", record => record with
        {
            IsASnapshot = true, SnapshotOf = vm.Ref,
            SnapshotTime = new DateTimeOffset(2026, 1, 2, 4, 5, 6, 789, TimeSpan.FromHours(1)),
        });

        CatalogDocument document = Assert.Single(Folder("vms/web01/snapshots/nightly").Content.Documents);

        Assert.Contains(
            "\"snapshotTime\": \"2026-01-02T03:05:06Z\"", Encoding.UTF8.GetString(document.Write()),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_to_a_disk_changes_nothing_that_shows_and_a_new_name_does()
    {
        VmRecord dom0 = _pool.Vm("dom0", vm => vm with { IsControlDomain = true });
        VmRecord vm = _pool.Vm("web01");
        VdiRecord root = _pool.Vdi(_sr, "root");
        _pool.Attach(vm, root, "0");
        PoolIndex before = new(_pool.Database);

        _pool.Attach(dom0, root, "1", vbd => vbd with { Mode = "RO", CurrentlyAttached = true });
        Assert.True(before.ShowsTheSame(new PoolIndex(_pool.Database)));

        _pool.Put(_pool.Database.Vdis[root.Ref] with { NameLabel = "system" });
        Assert.False(before.ShowsTheSame(new PoolIndex(_pool.Database)));
    }

    private VmRecord SnapshotOf(VmRecord vm, string name) => _pool.Vm(name, snapshot => snapshot with
    {
        IsASnapshot = true, IsATemplate = true, SnapshotOf = vm.Ref, SnapshotTime = Night,
    });

    private IEnumerable<string> Disks(string path) => Folder(path).Content.Disks.Select(disk => disk.Name);

    private CatalogFolder Folder(string path)
    {
        PoolFolders folders = new(new PoolIndex(_pool.Database), MountTime, Entry);
        return path.Split('/').Aggregate(
            folders.Root(), (folder, name) => folder.Content.Folders.Single(child => child.Name == name));
    }

    private static DiskEntry Entry(VdiRecord vdi) => new(
        vdi.NameLabel, "", new DiskIdentity(Guid.Parse(vdi.Uuid), MountTime), vdi.VirtualSizeBytes,
        _ => throw new InvalidOperationException("nobody opens it"));
}
