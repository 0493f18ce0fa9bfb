using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>
/// Local raw images that the kernel reads itself: right bytes by every way of reading without a read that reaches the
/// daemon, and what becomes of them when image, daemon or permission go.
/// </summary>
public sealed class PassthroughTests : EndToEndTest
{
    /// <summary>Not a whole number of sectors or pages.</summary>
    private const long Size = (8L << 20) + 777;

    private const string Export = "disk.img";

    private readonly string _disk;

    public PassthroughTests() => _disk = DiskImage.RandomHoles(Bench, Size, 91);

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

        Command.BashOk(script, _disk, FileOf(mount), Bench.PathOf("copy"));

        AssertPassedThrough(mount);
    }

    [Fact]
    public void Stat_holes_and_the_other_formats_are_as_without()
    {
        const string Stat = "%i %s %b %o %X %Y %Z %a %u %g %h";
        VdifsMount plain = VdifsMount.Start(Bench, _disk);
        string expected = Command.Ok("stat", "-c", Stat, FileOf(plain));
        IReadOnlyList<(long Start, long End)> data = DataMap.Of(FileOf(plain));
        plain.Unmount();

        VdifsMount mount = Mount();
        Command.Ok("cmp", _disk, FileOf(mount));

        Assert.Equal(expected, Command.Ok("stat", "-c", Stat, FileOf(mount)));
        Assert.Equal(data, DataMap.Of(FileOf(mount)));
        AssertPassedThrough(mount);
        Judged.AssertAllHold(Bench, _disk, mount.Export(Export));
    }

    [Fact]
    public void A_loop_device_reads_through()
    {
        Assert.SkipUnless(File.Exists("/dev/loop-control"), "this machine has no loop devices");
        VdifsMount mount = Mount();

        Command.BashOk(
            "loop=$(losetup -r -f --show \"$2\"); trap 'losetup -d $loop' EXIT; "
            + "cmp $loop <(head -c $((8 << 20)) \"$1\") -n $((8 << 20))",
            _disk,
            FileOf(mount));

        AssertPassedThrough(mount);
    }

    [Fact]
    public void A_direct_read_takes_what_it_takes_of_the_image_itself()
    {
        VdifsMount mount = Mount();

        int Read(string file) => Command.Run("dd", $"if={file}", "bs=777", "iflag=direct", "of=/dev/null").ExitCode;

        Assert.Equal(Read(_disk), Read(FileOf(mount)));
    }

    [Fact]
    public void Nothing_is_passed_through_unless_asked_for()
    {
        VdifsMount mount = VdifsMount.Start(Bench, _disk);

        Command.Ok("cmp", _disk, FileOf(mount));

        AssertReadByTheDaemon(mount);
    }

    [Theory]
    [InlineData("cat \"$1\"")]
    [InlineData("dd if=\"$1\" bs=64k")]
    [InlineData("cp \"$1\" /dev/stdout")]
    public void An_image_that_is_cut_while_it_is_read_fails_the_copy(string reader)
    {
        VdifsMount mount = Mount();

        // The pipe keeps the reader near the beginning until the image is cut. cp goes on to the end of a hole.
        CommandResult result = Command.Bash(
            $"set +e; {reader} | (head -c 65536 > /dev/null; truncate -s 2M \"$2\"; cat | wc -c); "
            + "exit ${PIPESTATUS[0]}",
            FileOf(mount),
            _disk);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Input/output error", result.Error, StringComparison.Ordinal);
        Assert.InRange(long.Parse(result.Output, CultureInfo.InvariantCulture), 1, Size - 1);
    }

    [Theory]
    [InlineData(Size - 1)]
    [InlineData(Size + 1)]
    [InlineData(0)]
    public void An_image_of_another_length_does_not_open(long length)
    {
        VdifsMount mount = Mount();
        Command.Ok("cmp", _disk, FileOf(mount));
        Command.Ok("truncate", "-s", $"{length}", _disk);

        CommandResult result = Command.Run("cat", FileOf(mount));

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains("Input/output error", result.Error, StringComparison.Ordinal);
        Assert.Equal(Size, new FileInfo(FileOf(mount)).Length);
    }

    [Fact]
    public void An_image_that_is_written_to_is_read_as_it_is_now()
    {
        VdifsMount mount = Mount();
        Command.Ok("cmp", _disk, FileOf(mount));

        Command.BashOk("head -c 1000000 /dev/urandom | dd of=\"$1\" conv=notrunc status=none", _disk);

        Command.Ok("cmp", _disk, FileOf(mount));
    }

    [Fact]
    public void An_image_on_an_overlay_is_read_by_the_daemon()
    {
        string[] parts = [.. new[] { "lower", "upper", "work", "merged" }.Select(Bench.NewDirectory)];
        File.Move(_disk, Path.Combine(parts[0], Export));
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
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, _disk).Uri, "--passthrough");

        Command.Ok("cmp", _disk, mount.File("disk.raw"));

        AssertReadByTheDaemon(mount);
    }

    [Fact]
    public void A_plain_user_s_mount_is_read_by_the_daemon()
    {
        PlainUser.SkipUnlessMayMount();
        string directory = Bench.NewDirectory("user");
        PlainUser.Own(directory);
        PlainUser.Ok(RunRoot.Vdifs, "mount", _disk, directory, "--passthrough");
        string status;
        try
        {
            PlainUser.Ok("cmp", _disk, Path.Combine(directory, Export, "disk.raw"));
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
    public void A_reader_reads_on_when_the_daemon_is_killed_and_the_next_mount_clears()
    {
        VdifsMount mount = Mount();
        int daemon = mount.DaemonPid;
        using (Process reader = StartReader(mount))
        {
            Assert.Equal(0, Native.Kill(daemon, Native.Sigkill));
            Wait.Until(() => !ProcessTable.IsRunning(daemon), "the daemon is gone");

            AssertReadsToTheEnd(reader);
            CommandResult look = Command.Run("ls", mount.Directory);
            Assert.Contains("Transport endpoint is not connected", look.Error, StringComparison.Ordinal);
        }

        // The clearing itself is a warning.
        VdifsMount second = VdifsMount.Start(Bench, _disk, "--passthrough", "--log-level", "error");
        Command.Ok("cmp", _disk, FileOf(second));
        AssertPassedThrough(second);
    }

    [Fact]
    public void A_reader_reads_on_when_the_daemon_is_ended_and_nothing_stays_mounted()
    {
        VdifsMount mount = Mount();
        using Process reader = StartReader(mount);

        Assert.Equal(0, Native.Kill(mount.DaemonPid, Native.Sigterm));

        mount.AssertEnded();
        AssertReadsToTheEnd(reader);
    }

    [Fact]
    public void The_image_is_let_go_of_when_the_mount_ends()
    {
        string directory = Bench.NewDirectory("fs");
        Command.Ok("mount", "-t", "tmpfs", "none", directory);
        try
        {
            Command.Ok("mv", _disk, directory);
            using VdifsMount mount = VdifsMount.Start(Bench, Path.Combine(directory, Export), "--passthrough");
            Command.Ok("cat", FileOf(mount));
            AssertPassedThrough(mount);
            mount.Unmount();
        }
        finally
        {
            // Not lazily: it fails as long as anybody holds the image.
            Command.Ok("umount", directory);
        }
    }

    [Fact]
    public void Together_with_direct_io_it_is_a_usage_error() =>
        OneLine.AssertRefusal(
            Command.Run(
                RunRoot.Vdifs, "mount", _disk, Bench.NewDirectory("mnt"), "--passthrough", "--direct-io"),
            2,
            "--passthrough",
            "--direct-io",
            "one of them");

    private VdifsMount Mount() => VdifsMount.Start(Bench, _disk, "--passthrough");

    private static string FileOf(VdifsMount mount) => mount.File("disk.raw", Export);

    private static void AssertPassedThrough(VdifsMount mount)
    {
        JsonElement disk = mount.DiskStatus();
        Assert.True(disk.GetProperty("passthrough").GetBoolean(), disk.GetRawText());
        Assert.Equal(0, disk.GetProperty("requests").GetInt64());
        Assert.Equal(0, disk.GetProperty("bytesFetched").GetInt64());
    }

    private static void AssertReadByTheDaemon(VdifsMount mount)
    {
        JsonElement disk = mount.DiskStatus();
        Assert.False(disk.GetProperty("passthrough").GetBoolean(), disk.GetRawText());
        Assert.True(disk.GetProperty("bytesFetched").GetInt64() > 0, disk.GetRawText());
    }

    /// <summary>A reader that has the file open and goes on when it is given a line.</summary>
    private static Process StartReader(VdifsMount mount)
    {
        Process reader = Command.Start(
            "bash", "-c", "exec 3< \"$1\"; echo open; read -r; sha256sum <&3", "bash", FileOf(mount));
        Assert.Equal("open", reader.StandardOutput.ReadLine());
        return reader;
    }

    private void AssertReadsToTheEnd(Process reader)
    {
        reader.StandardInput.WriteLine();
        string found = reader.StandardOutput.ReadToEnd();
        reader.WaitForExit();
        Assert.Equal(Command.BashOk("sha256sum < \"$1\"", _disk), found);
    }
}
