using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.Pool.State;

namespace VdiFs.EndToEnd.Pools;

/// <summary>The bytes of a pool's disks: right in every format, and fetched in good manners.</summary>
public sealed class PoolBytesTests : PoolTest
{
    [Fact]
    public void Every_format_of_every_snapshot_holds_the_disk()
    {
        VdifsMount mount = Pool.Mount("--idle", "1s");
        string[] disks = ["web01 root", "web01 data", "db01 root"];
        foreach (VdiObject vdi in disks.SelectMany(Pool.SnapshotsOf))
        {
            Judged.AssertAllHold(Bench, Pool.FileOf(vdi), Path.Combine(mount.Directory, "vdis", vdi.Uuid));
        }

        // Once for each: what was told once is kept.
        Assert.Equal(5, Pool.ExportsServed);
        Wait.Until(() => Pool.NbdConnections == 0, "idle connections are closed");
    }

    [Fact]
    public void A_disk_beyond_vhd_is_read_by_its_qcow2_tables()
    {
        VdiObject vdi = Assert.Single(Pool.SnapshotsOf("db01 archive"));
        VdifsMount mount = Pool.Mount();

        string shown = mount.File("disk.raw", "vdis/" + vdi.Uuid);
        Command.Ok("qemu-img", "compare", "-f", "raw", "-F", "raw", Pool.FileOf(vdi), shown);
        Assert.False(File.Exists(mount.File("disk.vhd", "vdis/" + vdi.Uuid)));
    }

    [Fact]
    public void A_raw_volume_is_read_whole_and_only_its_packed_files_ask_for_tables()
    {
        VdiObject vdi = Pool.Vdi("raw volume");
        string disk = Pool.FileOf(vdi);
        VdifsMount mount = Pool.Mount();

        Bytes.AssertEqual(disk, mount.File("disk.raw", "vdis/" + vdi.Uuid));
        Assert.Equal(0, Pool.ExportsServed);
        Judged.AssertAllHold(Bench, disk, Path.Combine(mount.Directory, "vdis", vdi.Uuid));
        Assert.Equal(1, Pool.ExportsServed);
    }

    [Fact]
    public void A_second_mount_has_the_same_times_lengths_and_inodes_without_asking()
    {
        string folder = "vdis/" + Pool.SnapshotsOf("web01 root")[0].Uuid;
        VdifsMount mount = Pool.Mount();
        string first = StatOf(Path.Combine(mount.Directory, folder));
        mount.Unmount();
        int exports = Pool.ExportsServed;

        VdifsMount again = Pool.Mount();
        Assert.Equal(first, StatOf(Path.Combine(again.Directory, folder)));
        Assert.Equal(exports, Pool.ExportsServed);

        static string StatOf(string folder) => Command.BashOk("cd \"$1\" && stat -c '%n %i %s %Y %b' *", folder);
    }

    [Fact]
    public void A_snapshot_kept_in_files_is_read_again_without_a_connection()
    {
        VdiObject vdi = Pool.SnapshotsOf("web01 root")[0];
        string disk = Pool.FileOf(vdi);
        // So much memory that no block finds the queue of the writer full.
        string[] options = ["--cache-dir", Bench.PathOf("blocks"), "--memory-limit", "4G"];
        VdifsMount mount = Pool.Mount(options);
        Bytes.AssertEqual(disk, mount.File("disk.raw", "vdis/" + vdi.Uuid));
        mount.Unmount();
        int connections = Pool.NbdConnectionsTaken;

        VdifsMount again = Pool.Mount(options);
        Bytes.AssertEqual(disk, again.File("disk.raw", "vdis/" + vdi.Uuid));
        Assert.Equal(connections, Pool.NbdConnectionsTaken);
    }

    [Fact]
    public void A_dead_host_that_counts_as_attached_stops_nobody()
    {
        Pool.Actions.Kill(Pool.State.Hosts[2]);
        VdiObject vdi = Pool.SnapshotsOf("web01 data")[0];
        VdifsMount mount = Pool.Mount();

        Bytes.AssertEqual(Pool.FileOf(vdi), mount.File("disk.raw", "vdis/" + vdi.Uuid));
        Pool.Actions.Revive(Pool.State.Hosts[2]);
    }

    [Fact]
    public void A_running_vms_disk_is_refused_with_the_cures()
    {
        VdifsMount mount = Pool.Mount("--log-file", Bench.PathOf("log"));

        CommandResult result = Command.Run("head", "-c", "1", mount.File("disk.raw", "vms/web01/0-web01 root"));

        Assert.NotEqual(0, result.ExitCode);
        string log = File.ReadAllText(Bench.PathOf("log"));
        Assert.Contains("--auto-snapshot", log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_vms_disk_is_read_through_a_snapshot_that_goes_again()
    {
        string before = Pool.FileOf(Pool.Vdi("web01 root"));
        VdifsMount mount = Pool.Mount("--auto-snapshot", "--idle", "1s");

        using (FileStream open = File.OpenRead(mount.File("disk.raw", "vms/web01/0-web01 root")))
        {
            Assert.Equal(4096, open.Read(new byte[4096]));
            Pool.Vdi("web01 root").Content!.Write(0, new byte[1 << 20]);
            Bytes.AssertEqual(before, mount.File("disk.raw", "vms/web01/0-web01 root"));
            Assert.Single(Pool.OwnSnapshots);
        }

        Wait.Until(() => Pool.OwnSnapshots.Count == 0, "the snapshot is removed");
    }
}
