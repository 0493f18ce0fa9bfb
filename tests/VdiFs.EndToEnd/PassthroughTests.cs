using System.Text.Json;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Images that the kernel reads itself: right bytes by every way of reading, none of them by the daemon; and
/// where it cannot, the daemon does.</summary>
public sealed class PassthroughTests : PassthroughTest
{
    [Theory]
    [InlineData("cat \"$2\" | cmp - \"$1\"")]
    [InlineData("cmp \"$1\" \"$2\"")]
    [InlineData("dd if=\"$2\" bs=333 status=none | cmp - \"$1\"")]
    [InlineData("dd if=\"$2\" bs=1M iflag=direct status=none | cmp - \"$1\"")]
    [InlineData("cp \"$2\" \"$3\"; cmp \"$1\" \"$3\"")]
    [InlineData("cp --sparse=never \"$2\" \"$3\"; cmp \"$1\" \"$3\"")]
    [InlineData("cmp <(tail -c +4000001 \"$1\") <(tail -c +4000001 \"$2\")")]
    [InlineData("test $(git hash-object --no-filters \"$1\") = $(git hash-object --no-filters \"$2\")")] // by mmap
    [InlineData("cmp \"$1\" \"$2\" & cmp \"$1\" \"$2\"; wait $!")]
    public void The_bytes_are_those_of_the_image_and_no_read_reaches_the_daemon(string script)
    {
        VdifsMount mount = Mount();

        Command.BashOk(script, Disk, FileOf(mount), Bench.PathOf("copy"));

        AssertPassedThrough(mount);
    }

    [Fact]
    public void Stat_holes_and_the_other_formats_are_as_without()
    {
        const string Stat = "%i %s %b %o %X %Y %Z %a %u %g %h";
        VdifsMount plain = VdifsMount.Start(Bench, Disk);
        string expected = Command.Ok("stat", "-c", Stat, FileOf(plain));
        IReadOnlyList<(long Start, long End)> data = DataMap.Of(FileOf(plain));
        plain.Unmount();

        VdifsMount mount = Mount();
        Command.Ok("cmp", Disk, FileOf(mount));

        Assert.Equal(expected, Command.Ok("stat", "-c", Stat, FileOf(mount)));
        Assert.Equal(data, DataMap.Of(FileOf(mount)));
        AssertPassedThrough(mount);
        Judged.AssertAllHold(Bench, Disk, mount.Export(Export));
    }

    [Fact]
    public void A_loop_device_reads_through()
    {
        Assert.SkipUnless(File.Exists("/dev/loop-control"), "this machine has no loop devices");
        VdifsMount mount = Mount();

        Command.BashOk(
            "loop=$(losetup -r -f --show \"$2\"); trap 'losetup -d $loop' EXIT; "
            + "cmp $loop <(head -c $((8 << 20)) \"$1\") -n $((8 << 20))",
            Disk,
            FileOf(mount));

        AssertPassedThrough(mount);
    }

    [Fact]
    public void A_direct_read_takes_what_it_takes_of_the_image_itself()
    {
        VdifsMount mount = Mount();

        int Read(string file) => Command.Run("dd", $"if={file}", "bs=777", "iflag=direct", "of=/dev/null").ExitCode;

        Assert.Equal(Read(Disk), Read(FileOf(mount)));
    }

    [Fact]
    public void Nothing_is_passed_through_unless_asked_for()
    {
        VdifsMount mount = VdifsMount.Start(Bench, Disk);

        Command.Ok("cmp", Disk, FileOf(mount));

        AssertReadByTheDaemon(mount);
    }

    [Fact]
    public void An_image_on_an_overlay_is_read_by_the_daemon()
    {
        string[] parts = [.. new[] { "lower", "upper", "work", "merged" }.Select(Bench.NewDirectory)];
        File.Move(Disk, Path.Combine(parts[0], Export));
        CommandResult overlay = Command.Run(
            "mount", "-t", "overlay", "overlay",
            "-o", $"lowerdir={parts[0]},upperdir={parts[1]},workdir={parts[2]}", parts[3]);
        Assert.SkipUnless(overlay.ExitCode == 0, $"no overlay here: {overlay.Error}");
        try
        {
            using VdifsMount mount = VdifsMount.Start(Bench, Path.Combine(parts[3], Export), "--passthrough");
            Command.Ok("cmp", Path.Combine(parts[0], Export), FileOf(mount));
            AssertReadByTheDaemon(mount);
            mount.Unmount();
        }
        finally
        {
            Command.Ok("umount", parts[3]);
        }
    }

    [Fact]
    public void A_server_s_disk_is_read_by_the_daemon()
    {
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, Disk).Uri, "--passthrough");

        Command.Ok("cmp", Disk, mount.File("disk.raw"));

        AssertReadByTheDaemon(mount);
    }

    [Fact]
    public void A_plain_user_s_mount_is_read_by_the_daemon()
    {
        PlainUser.SkipUnlessMayMount();
        string directory = Bench.NewDirectory("user");
        PlainUser.Own(directory);
        PlainUser.Ok(RunRoot.Vdifs, "mount", Disk, directory, "--passthrough");
        string status;
        try
        {
            PlainUser.Ok("cmp", Disk, Path.Combine(directory, Export, "disk.raw"));
            status = PlainUser.Ok("cat", Path.Combine(directory, ".vdifs", "status.json"));
        }
        finally
        {
            PlainUser.Ok(RunRoot.Vdifs, "umount", directory);
        }

        JsonElement disk = JsonDocument.Parse(status).RootElement.GetProperty("disks")[0];
        Assert.False(disk.GetProperty("passthrough").GetBoolean());
        Assert.True(disk.GetProperty("requests").GetInt64() > 0);
    }

    [Fact]
    public void Together_with_direct_io_it_is_a_usage_error() =>
        OneLine.AssertRefusal(
            Command.Run(
                RunRoot.Vdifs, "mount", Disk, Bench.NewDirectory("mnt"), "--passthrough", "--direct-io"),
            2,
            "--passthrough",
            "--direct-io",
            "one of them");
}
