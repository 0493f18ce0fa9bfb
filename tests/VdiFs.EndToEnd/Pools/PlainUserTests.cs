using VdiFs.EndToEnd.Harness;
using VdiFs.Pool.State;

namespace VdiFs.EndToEnd.Pools;

/// <summary>A user without privileges mounts a pool, whose tree lives for him as for root.</summary>
public sealed class PlainUserTests : PoolTest
{
    [Fact]
    public void A_plain_user_mounts_a_pool_reads_it_and_sees_it_change()
    {
        PlainUser.SkipUnlessMayMount();
        string directory = Bench.NewDirectory("mnt");
        PlainUser.Own(
            [directory, Pool.PasswordFile, .. PrivateDirectories.Select(Environment.GetEnvironmentVariable)!]);
        File.SetUnixFileMode(Pool.PasswordFile, UnixFileMode.UserRead);
        VdiObject disk = Pool.Vdi("one/two");
        string vm = Path.Combine(directory, "vms/team%2Fa");

        PlainUser.Ok(RunRoot.Vdifs, ["mount", Pool.Source, directory, "--idle", "1s", .. Pool.Credentials]);
        try
        {
            Assert.Equal("fuse.vdifs", MountTable.TypeOf(directory));
            PlainUser.Ok("cmp", Pool.FileOf(disk), Path.Combine(directory, "vdis", disk.Uuid, "disk.raw"));
            Assert.Equal("0-one%2Ftwo\nvm.json\n", PlainUser.Ok("ls", vm));

            // The kernel keeps the directory as it was: it has to be told.
            VmObject made = Pool.State.Snapshot(Pool.Vm("team/a"), "made later", []);
            Wait.Until(() => PlainUser.Ok("ls", vm).Contains("snapshots\n", StringComparison.Ordinal), "it appears");
            VdiObject frozen = Pool.SnapshotsOf("one/two")[0];
            string shown = Path.Combine(vm, "snapshots/made later/0-one%2Ftwo/disk.raw");
            PlainUser.Ok("cmp", Pool.FileOf(frozen), shown);

            Wait.Until(() => Pool.NbdConnections == 0, "the disks are let go");
            Pool.State.Destroy(frozen);
            Pool.State.Destroy(made);
            Wait.Until(() => PlainUser.Ok("ls", vm) == "0-one%2Ftwo\nvm.json\n", "it disappears");
            Assert.Contains("No such file", PlainUser.Run("cat", shown).Error, StringComparison.Ordinal);
        }
        finally
        {
            PlainUser.Ok(RunRoot.Vdifs, "umount", directory);
        }

        Assert.False(MountTable.IsMountPoint(directory));
        Pool.AssertNothingIsLeft();
        // What was kept is the user's, and nobody else's to read.
        string[] kept = [.. PrivateDirectories.SelectMany(name => Directory.GetFiles(
            Environment.GetEnvironmentVariable(name)!, "*", SearchOption.AllDirectories))];
        Assert.NotEmpty(kept);
        Assert.All(kept, file => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }
}
