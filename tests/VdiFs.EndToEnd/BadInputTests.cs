using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>What a user gets wrong: an exit code, one line with the cause and the cure, and nothing left
/// behind.</summary>
public sealed class BadInputTests : EndToEndTest
{
    private readonly string _disk;
    private readonly string _directory;

    public BadInputTests()
    {
        _disk = DiskImage.Full(Bench, 1L << 20);
        _directory = Bench.NewDirectory("mnt");
    }

    [Theory]
    [InlineData("ftp://host/x", "ftp")]
    [InlineData("nbd://", "host")]
    [InlineData("nbd://host:notaport/x", "port")]
    [InlineData("nbd://host:70000/x", "port")]
    [InlineData("nbd+unix:///x", "socket=")]
    [InlineData("nbd+unix:///x?socket=", "socket=")]
    [InlineData("nbd+unix://host/x?socket=/run/s", "nbd+unix")]
    public void A_wrong_uri_is_a_usage_error(string uri, string word)
    {
        OneLine.AssertRefusal(Mount(uri, _directory), 2, word);
        AssertNothingMounted();
    }

    [Fact]
    public void An_empty_source_is_a_usage_error() => OneLine.AssertRefusal(Mount("", _directory), 2);

    [Fact]
    public void An_empty_mount_point_is_a_usage_error() =>
        OneLine.AssertRefusal(Mount(_disk, ""), 2, "MOUNTPOINT");

    [Fact]
    public void A_time_at_the_end_of_the_calendar_is_a_usage_error() =>
        OneLine.AssertRefusal(
            Mount(_disk, _directory, "--snapshot-time", "9999-12-31T23:59:59Z"), 2, "snapshot-time");

    [Fact]
    public void A_log_file_that_cannot_be_written_fails_the_mount()
    {
        string log = Bench.PathOf("missing/vdifs.log");

        OneLine.AssertRefusal(Mount(_disk, _directory, "--log-file", log), 1, log, "--log-file");
        AssertNothingMounted();
    }

    [Fact]
    public void A_mount_by_a_caller_without_standard_input_can_be_read()
    {
        CommandResult result = Command.Run(
            "sh",
            "-c",
            $"exec 0<&-; {RunRoot.Vdifs} mount {_disk} {_directory} && timeout 30 cmp {_disk} {_directory}/*/disk.raw; "
            + $"code=$?; {RunRoot.Vdifs} umount --lazy {_directory}; exit $code");

        Assert.Equal(0, result.ExitCode);
        AssertNothingMounted();
    }

    [Fact]
    public void A_missing_socket_is_named()
    {
        string socket = Bench.PathOf("absent.sock");

        OneLine.AssertRefusal(Mount($"nbd+unix:///?socket={socket}", _directory), 1, socket);
        AssertNothingMounted();
    }

    [Fact]
    public void A_refused_connection_names_host_and_port()
    {
        int port = FreePort.Next();

        OneLine.AssertRefusal(
            Mount($"nbd://127.0.0.1:{port}", _directory), 1, $"127.0.0.1 port {port}", "no server listens");
        AssertNothingMounted();
    }

    [Fact]
    public void A_host_without_an_address_is_named() =>
        OneLine.AssertRefusal(Mount("nbd://no-such-host.invalid/x", _directory), 1, "no-such-host.invalid");

    [Fact]
    public void A_server_that_does_not_speak_nbd_is_named()
    {
        string socket = Bench.PathOf("other.sock");
        NbdServer server = NbdServer.OnSocket(Bench, socket, "nbdkit", "-f", "-o", "-U", socket, "memory", "1M");

        OneLine.AssertRefusal(Mount(server.Uri, _directory), 1, "old style");
        AssertNothingMounted();
    }

    [Fact]
    public void An_unknown_export_is_named()
    {
        NbdServer server = ClassicNbdServer.OnPort(Bench, ("real", _disk));

        OneLine.AssertRefusal(Mount(server.Export("wrong"), _directory), 1, "wrong");
        AssertNothingMounted();
    }

    [Fact]
    public void A_missing_mount_point_is_named_with_its_cure()
    {
        string missing = Bench.PathOf("missing");

        OneLine.AssertRefusal(Mount(_disk, missing), 1, missing, "mkdir");
        Assert.False(Directory.Exists(missing));
    }

    [Fact]
    public void A_mount_point_with_files_in_it_is_refused()
    {
        File.WriteAllText(Path.Combine(_directory, "precious"), "data");

        OneLine.AssertRefusal(Mount(_disk, _directory), 1, _directory, "empty");
        Assert.Equal("data", File.ReadAllText(Path.Combine(_directory, "precious")));
        AssertNothingMounted();
    }

    [Fact]
    public void A_file_as_mount_point_is_refused() =>
        OneLine.AssertRefusal(Mount(_disk, _disk), 1, _disk, "directory");

    [Fact]
    public void A_mount_point_in_use_says_so()
    {
        VdifsMount mount = VdifsMount.Start(Bench, _disk);

        OneLine.AssertRefusal(Mount(_disk, mount.Directory), 1, mount.Directory, "already", "umount");
        Assert.Single(MountTable.AtOrBelow(mount.Directory));
    }

    [Fact]
    public void An_absent_image_is_named()
    {
        string absent = Bench.PathOf("absent.raw");

        OneLine.AssertRefusal(Mount(absent, _directory), 1, absent);
        AssertNothingMounted();
    }

    [Fact]
    public void A_directory_is_no_image() =>
        OneLine.AssertRefusal(Mount(Bench.Directory, _directory), 1, Bench.Directory, "directory");

    [Fact]
    public void A_broken_qcow2_is_named_and_leaves_no_server()
    {
        string broken = Bench.PathOf("broken.qcow2");
        File.WriteAllBytes(broken, [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3, .. new byte[504]]);

        OneLine.AssertRefusal(Mount(broken, _directory), 1, broken);
        AssertNothingMounted();
    }

    [Theory]
    [InlineData("--no-such-option", null, "--no-such-option")]
    [InlineData("--cache-size", "many", "--cache-size")]
    [InlineData("--cache-size", "-5M", "--cache-size")]
    [InlineData("--cache-size", "1K", "--cache-size")]
    [InlineData("--connections", "0", "--connections")]
    [InlineData("--connections", "x", "--connections")]
    [InlineData("--read-deadline", "0s", "--read-deadline")]
    [InlineData("--read-deadline", "30", "--read-deadline")]
    [InlineData("--read-deadline", "25h", "--read-deadline")]
    [InlineData("--formats", "raw,iso", "iso")]
    [InlineData("--snapshot-time", "yesterday", "--snapshot-time")]
    [InlineData("--uid", "root!", "--uid")]
    [InlineData("--file-mode", "9999", "--file-mode")]
    [InlineData("--dir-mode", "rwx", "--dir-mode")]
    [InlineData("--log-level", "loud", "--log-level")]
    public void A_wrong_option_is_a_usage_error(string option, string? value, string word)
    {
        string[] options = value is null ? [option] : [option, value];

        OneLine.AssertRefusal(Mount(_disk, _directory, options), 2, word);
        AssertNothingMounted();
    }

    [Theory]
    [InlineData]
    [InlineData("frobnicate")]
    [InlineData("mount")]
    [InlineData("mount", "a")]
    [InlineData("mount", "a", "b", "c")]
    [InlineData("umount")]
    [InlineData("ls")]
    public void A_wrong_number_of_words_is_a_usage_error(params string[] arguments)
    {
        CommandResult result = Command.Run(RunRoot.Vdifs, arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.NotEqual("", result.Error);
    }

    [Fact]
    public void Umount_of_a_directory_that_is_no_mount_says_so() =>
        OneLine.AssertRefusal(Command.Run(RunRoot.Vdifs, "umount", _directory), 1, _directory);

    [Fact]
    public void Umount_leaves_the_mounts_of_others_alone()
    {
        Command.Ok("mount", "-t", "tmpfs", "tmpfs", _directory);
        CommandResult result = Command.Run(RunRoot.Vdifs, "umount", _directory);
        bool stillMounted = MountTable.TypeOf(_directory) == "tmpfs";
        Command.Run("umount", _directory);

        OneLine.AssertRefusal(result, 1, _directory);
        Assert.True(stillMounted);
    }

    [Fact]
    public void Ls_of_a_missing_server_fails_like_mount()
    {
        string socket = Bench.PathOf("absent.sock");

        OneLine.AssertRefusal(Command.Run(RunRoot.Vdifs, "ls", $"nbd+unix:///?socket={socket}"), 1, socket);
    }

    [Fact]
    public void Help_succeeds_and_shows_every_default()
    {
        string help = Command.Ok(RunRoot.Vdifs, "mount", "--help");

        string[] shown =
            ["--cache-size", "256M", "--connections", "4", "--read-deadline", "5m", "--formats", "raw,vhd,vmdk"];
        foreach (string text in shown)
        {
            Assert.Contains(text, help, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_absent_fuse_device_is_named_with_its_cure()
    {
        // A mount namespace of its own, in which /dev is empty but for what the runtime needs.
        CommandResult result = Command.Run(
            "unshare", "-m", "bash", "-c",
            "mount -t tmpfs tmpfs /dev && mknod /dev/null c 1 3 && mknod /dev/urandom c 1 9 && exec \"$@\"",
            "bash", RunRoot.Vdifs, "mount", _disk, _directory);

        OneLine.AssertRefusal(result, 1, "/dev/fuse");
        AssertNothingMounted();
    }

    private static CommandResult Mount(string source, string directory, params string[] options) =>
        Command.Run(RunRoot.Vdifs, ["mount", source, directory, .. options]);

    private void AssertNothingMounted() => Assert.Empty(MountTable.AtOrBelow(_directory));
}
