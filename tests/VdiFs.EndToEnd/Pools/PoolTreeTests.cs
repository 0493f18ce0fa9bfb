using System.Text.Json;
using VdiFs.EndToEnd.Harness;
using VdiFs.Pool.State;

namespace VdiFs.EndToEnd.Pools;

/// <summary>A pool as a tree: what is shown and hidden, what looking costs, and that it follows the pool.</summary>
public sealed class PoolTreeTests : PoolTest
{
    [Fact]
    public void Looking_costs_the_pool_nothing()
    {
        VdifsMount mount = Pool.Mount();

        string found = Command.Ok("find", mount.Directory);
        Command.Ok("stat", mount.File("disk.raw", "vdis/" + Pool.Vdi("web01 data").Uuid));
        Command.Ok("find", mount.Directory, "-name", "disk.raw", "-size", "+1k");

        Assert.Contains("/vms/web01/0-web01 root/disk.vhd", found, StringComparison.Ordinal);
        Assert.Equal(0, Pool.NbdConnections);
        Assert.Equal(0, Pool.ExportsServed);
        Assert.Empty(Pool.State.All<TaskObject>());
        Assert.DoesNotContain(Pool.State.All<VbdObject>(), vbd => vbd.Dom0Host is not null);
    }

    [Fact]
    public void Every_disk_has_its_places_and_what_is_no_disk_has_none()
    {
        VdifsMount mount = Pool.Mount();
        string uuid = Pool.Vdi("web01 root").Uuid;

        string inode = Command.Ok("stat", "-c", "%i", mount.File("disk.raw", "vms/web01/0-web01 root"));
        // Its snapshots bear the same name in the same SR: each has a part of its uuid there.
        string inStorage = mount.File("disk.raw", $"srs/Shared NFS/web01 root.{uuid[..8]}");
        Assert.Equal(inode, Command.Ok("stat", "-c", "%i", inStorage));
        Assert.Equal(inode, Command.Ok("stat", "-c", "%i", mount.File("disk.raw", "vdis/" + uuid)));
        string all = Command.Ok("find", mount.Directory);
        string[] allHidden =
            ["Golden image", "Debian 12", "debian-12.iso", "Suspend image", "HA statefile", "lost", "Control domain"];
        foreach (string hidden in allHidden)
        {
            Assert.DoesNotContain(hidden, all, StringComparison.Ordinal);
        }

        string[] allShown =
            ["/vms/team%2Fa/0-one%2Ftwo/", "/vms/B\u00fcro \u2603 \u65e5\u672c/0-\u00e9\u00e8/", "/vms/%2E./"];
        foreach (string shown in allShown)
        {
            Assert.Contains(shown, all, StringComparison.Ordinal);
        }

        Assert.Equal(2, Directory.GetDirectories(Path.Combine(mount.Directory, "vms"), "twin*").Length);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(mount.Directory, "vms/web01/snapshots")).Length);
    }

    [Fact]
    public void A_vm_tells_about_itself()
    {
        VdifsMount mount = Pool.Mount();

        string text = File.ReadAllText(Path.Combine(mount.Directory, "vms/web01/vm.json"));
        JsonElement vm = JsonDocument.Parse(text).RootElement;

        Assert.Equal("web01", vm.GetProperty("name").GetString());
        Assert.Equal("Running", vm.GetProperty("powerState").GetString());
        Assert.Equal(Pool.Vm("web01").Uuid, vm.GetProperty("uuid").GetString());
        Assert.Equal(Pool.Vdi("web01 data").Uuid, vm.GetProperty("disks")[1].GetProperty("uuid").GetString());
    }

    [Fact]
    public void The_tree_follows_the_pool()
    {
        VdifsMount mount = Pool.Mount();
        string snapshots = Path.Combine(mount.Directory, "vms/db01/snapshots");
        Assert.Single(Directory.GetDirectories(snapshots));

        VmObject made = Pool.State.Snapshot(Pool.Vm("db01"), "made later", []);
        Wait.Until(() => Directory.Exists(Path.Combine(snapshots, "made later")), "the new snapshot appears");

        using FileStream open = File.OpenRead(Path.Combine(snapshots, "made later/0-db01 root/disk.raw"));
        VdiObject?[] disks = [.. made.Vbds.Select(vbd => Pool.State.Get<VbdObject>(vbd).Vdi)];
        foreach (VdiObject disk in disks.OfType<VdiObject>().Where(disk => disk.IsASnapshot))
        {
            Pool.State.Destroy(disk);
        }

        Pool.State.Destroy(made);
        Wait.Until(() => !Directory.Exists(Path.Combine(snapshots, "made later")), "the removed snapshot disappears");
        Assert.Throws<IOException>(() => open.Read(new byte[4096]));
    }
}
