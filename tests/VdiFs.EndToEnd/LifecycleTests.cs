using System.Diagnostics;
using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Every way a mount ends: cleanly with exit code 0, or by force without a trace.</summary>
public sealed class LifecycleTests : EndToEndTest
{
    private readonly string _disk;

    public LifecycleTests() => _disk = DiskImage.RandomHoles(Bench, 8L << 20, 71);

    [Theory]
    [InlineData("umount")]
    [InlineData("fusermount3 -u")]
    [InlineData("vdifs umount")]
    public void A_foreground_mount_ends_cleanly_by(string command)
    {
        ForegroundMount mount = ForegroundMount.Start(Bench, _disk);
        Bytes.AssertEqual(_disk, mount.File("disk.raw", "disk.img"));

        End(command, mount.Directory);

        mount.AssertEndsCleanly();
    }

    [Theory]
    [InlineData(Native.Sigterm)]
    [InlineData(Native.Sigint)]
    public void A_foreground_mount_ends_cleanly_by_signal(int signal)
    {
        ForegroundMount mount = ForegroundMount.Start(Bench, _disk);
        Bytes.AssertEqual(_disk, mount.File("disk.raw", "disk.img"));

        Assert.Equal(0, Native.Kill(mount.Pid, signal));

        mount.AssertEndsCleanly();
    }

    [Theory]
    [InlineData("umount")]
    [InlineData("fusermount3 -u")]
    [InlineData("vdifs umount")]
    [InlineData("SIGTERM")]
    public void A_daemon_and_its_private_server_end_by(string command)
    {
        VdifsMount mount = MountQcow2(out string image);
        int daemon = mount.DaemonPid;

        if (command == "SIGTERM")
        {
            Assert.Equal(0, Native.Kill(daemon, Native.Sigterm));
        }
        else
        {
            End(command, mount.Directory);
        }

        mount.AssertEnded();
        Wait.Until(() => ProcessTable.Mentioning(image).Count == 0, "the private qemu-nbd has ended");
    }

    [Fact]
    public void Killing_the_daemon_ends_its_private_server_too()
    {
        VdifsMount mount = MountQcow2(out string image);

        Assert.Equal(0, Native.Kill(mount.DaemonPid, Native.Sigkill));

        Wait.Until(() => ProcessTable.Mentioning(image).Count == 0, "the private qemu-nbd has ended");
        Command.Ok("umount", mount.Directory);
    }

    [Fact]
    public void A_mount_point_left_by_a_killed_daemon_is_cleared_by_the_next_mount()
    {
        VdifsMount first = VdifsMount.Start(Bench, _disk);
        int daemon = first.DaemonPid;
        Assert.Equal(0, Native.Kill(daemon, Native.Sigkill));
        Wait.Until(() => !ProcessTable.IsRunning(daemon), "the daemon is gone");

        // The clearing itself is a warning.
        VdifsMount second = VdifsMount.Start(Bench, _disk, "--log-level", "error");

        Bytes.AssertEqual(_disk, second.File("disk.raw", "disk.img"));
        Assert.Single(MountTable.AtOrBelow(second.Directory));
    }

    [Fact]
    public void Umount_clears_what_a_killed_daemon_left()
    {
        VdifsMount mount = VdifsMount.Start(Bench, _disk);
        int daemon = mount.DaemonPid;
        Assert.Equal(0, Native.Kill(daemon, Native.Sigkill));
        Wait.Until(() => !ProcessTable.IsRunning(daemon), "the daemon is gone");

        Command.Ok(RunRoot.Vdifs, "umount", mount.Directory);

        Assert.False(MountTable.IsMountPoint(mount.Directory));
    }

    [Fact]
    public void A_busy_mount_stays_and_umount_says_who_holds_it()
    {
        VdifsMount mount = VdifsMount.Start(Bench, _disk);
        string file = mount.File("disk.raw", "disk.img");
        using Process holder = Command.Start("sh", "-c", "exec 3< \"$1\"; echo open; exec cat", "sh", file);
        Assert.Equal("open", holder.StandardOutput.ReadLine());

        CommandResult result = Command.Run(RunRoot.Vdifs, "umount", mount.Directory);
        bool stillThere = File.Exists(file);
        holder.StandardInput.Close();
        holder.WaitForExit();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(holder.Id.ToString(CultureInfo.InvariantCulture), result.Error, StringComparison.Ordinal);
        Assert.Contains("busy", result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.True(stillThere);
        mount.Unmount();
    }

    [Fact]
    public void The_daemon_lets_go_of_the_directory_it_was_started_in()
    {
        string directory = Bench.NewDirectory("mnt");
        string start = Bench.NewDirectory("start");
        Command.BashOk("cd \"$1\"; \"$2\" mount \"$3\" \"$4\"", start, RunRoot.Vdifs, _disk, directory);

        int daemon = Assert.Single(ProcessTable.Mentioning(directory));
        string working = File.ResolveLinkTarget($"/proc/{daemon}/cwd", returnFinalTarget: false)!.FullName;
        Command.Ok(RunRoot.Vdifs, "umount", directory);

        Assert.Equal("/", working);
    }

    [Fact]
    public void Two_mounts_of_one_source_live_side_by_side()
    {
        NbdServer server = Nbdkit.File(Bench, _disk);
        VdifsMount first = VdifsMount.StartAt(Bench, Bench.NewDirectory("one"), server.Uri);
        VdifsMount second = VdifsMount.StartAt(Bench, Bench.NewDirectory("two"), server.Uri);

        first.Unmount();

        Bytes.AssertEqual(_disk, second.File("disk.raw"));
    }

    private static void End(string command, string target)
    {
        string[] words = command.Replace("vdifs", RunRoot.Vdifs, StringComparison.Ordinal).Split(' ');
        Command.Ok(words[0], [.. words[1..], target]);
    }

    private VdifsMount MountQcow2(out string image)
    {
        image = Bench.PathOf("disk.qcow2");
        Command.Ok("qemu-img", "convert", "-f", "raw", "-O", "qcow2", _disk, image);
        VdifsMount mount = VdifsMount.Start(Bench, image);
        Bytes.AssertEqual(_disk, mount.File("disk.raw", "disk.qcow2"));
        return mount;
    }
}
