using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Every server, each with its own part of the protocol: the files hold what another client reads.</summary>
public sealed class ServerTests : EndToEndTest
{
    private const long Size = (24L << 20) + 3 * 512;

    [Theory]
    [InlineData("")]
    [InlineData("--filter=noextents")]
    [InlineData("--no-sr")]
    [InlineData("--filter=multi-conn multi-conn-mode=disable")]
    [InlineData("--filter=noparallel serialize=requests")]
    [InlineData("--filter=blocksize-policy blocksize-minimum=4096 blocksize-preferred=65536 blocksize-maximum=1048576 blocksize-error-policy=error")]
    public void Nbdkit_file_is_served_with(string options)
    {
        // A server that insists on its minimum block size serves whole blocks only.
        long size = options.Contains("4096", StringComparison.Ordinal) ? Size / 4096 * 4096 : Size;
        string disk = DiskImage.RandomHoles(Bench, size, 1);
        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> filters = words.Where(word => word.StartsWith('-'));
        IEnumerable<string> parameters = words.Where(word => !word.StartsWith('-'));
        NbdServer server = Nbdkit.OnSocket(Bench, [.. filters, "file", disk, .. parameters]);

        Judged.AssertAllHold(Bench, disk, VdifsMount.Start(Bench, server.Uri).Export());
    }

    /// <summary>Handshake flags masked: 1 leaves no NO_ZEROES (124 zero bytes follow), 2 no fixed newstyle, 0
    /// neither.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void An_old_server_is_served_through_export_name(int handshakeFlags)
    {
        string disk = DiskImage.RandomHoles(Bench, Size, 2);
        NbdServer server = Nbdkit.OnSocket(Bench, $"--mask-handshake={handshakeFlags}", "file", disk);

        Judged.AssertAllHold(Bench, disk, VdifsMount.Start(Bench, server.Export("any")).Export("any"));
    }

    [Theory]
    [InlineData("memory 64M")]
    [InlineData("pattern 20M")]
    [InlineData("sparse-random size=200M seed=7")]
    [InlineData("data size=30M (0x55*100000)@1000000")]
    public void Nbdkit_plugin_is_served(string plugin)
    {
        NbdServer server = Nbdkit.OnSocket(Bench, plugin.Split(' '));
        string disk = Bench.PathOf("expected.img");
        Command.Ok("nbdcopy", server.Uri, disk);

        Judged.AssertAllHold(Bench, disk, VdifsMount.Start(Bench, server.Uri).Export());
    }

    [Fact]
    public void What_the_server_says_of_an_export_is_in_info_json()
    {
        NbdServer server = Nbdkit.OnSocket(
            Bench, "--filter=exportname", "memory", "1M", "exportdesc=fixed:nightly copy");
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);

        Assert.Equal("nightly copy", mount.Information().GetProperty("description").GetString());
    }

    [Fact]
    public void Nbdkit_is_served_over_tcp()
    {
        string disk = DiskImage.RandomHoles(Bench, Size, 3);
        NbdServer server = Nbdkit.OnPort(Bench, "file", disk);

        Judged.AssertAllHold(Bench, disk, VdifsMount.Start(Bench, server.Uri).Export());
    }

    [Theory]
    [InlineData("1")]
    [InlineData("16")]
    public void Any_number_of_connections_gives_the_same_bytes(string connections)
    {
        string disk = DiskImage.RandomHoles(Bench, Size, 4);
        NbdServer server = Nbdkit.File(Bench, disk);

        Judged.AssertAllHold(Bench, disk, VdifsMount.Start(Bench, server.Uri, "--connections", connections).Export());
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("qcow2")]
    [InlineData("vhdx")]
    public void Qemu_nbd_is_served_from(string format)
    {
        string disk = DiskImage.RandomHoles(Bench, 24L << 20, 5);
        string image = Bench.PathOf("image");
        Command.Ok("qemu-img", "convert", "-f", "raw", "-O", format, disk, image);
        NbdServer server = QemuNbd.OnSocket(Bench, image, format);

        Judged.AssertAllHold(Bench, disk, VdifsMount.Start(Bench, server.Uri).Export());
    }

    [Fact]
    public void Nbd_server_shows_all_its_exports()
    {
        string first = DiskImage.RandomHoles(Bench, Size, 6, "first.img");
        string second = DiskImage.RandomHoles(Bench, Size / 2 / 512 * 512, 7, "second.img");
        NbdServer server = ClassicNbdServer.OnPort(Bench, ("first", first), ("second", second));
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);

        Assert.Equal(["first", "second"], Directory.GetDirectories(mount.Directory).Select(Path.GetFileName)
            .Where(name => name != ".vdifs").Order(StringComparer.Ordinal));
        Judged.AssertAllHold(Bench, first, mount.Export("first"));
        Judged.AssertAllHold(Bench, second, mount.Export("second"));
    }

    [Fact]
    public void One_named_export_shows_alone()
    {
        string first = DiskImage.RandomHoles(Bench, Size, 8, "first.img");
        string second = DiskImage.Empty(Bench, Size, "second.img");
        NbdServer server = ClassicNbdServer.OnPort(Bench, ("first", first), ("second", second));
        VdifsMount mount = VdifsMount.Start(Bench, server.Export("first"));

        Assert.False(Directory.Exists(mount.Export("second")));
        Judged.AssertAllHold(Bench, first, mount.Export("first"));
    }

    [Fact]
    public void A_directory_of_images_shows_each_as_an_export()
    {
        string directory = Bench.NewDirectory("images");
        DiskImage.RandomHoles(Bench, Size, 9, "images/a");
        DiskImage.RandomHoles(Bench, Size, 10, "images/b c");
        NbdServer server = Nbdkit.OnSocket(Bench, "file", $"dir={directory}");
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);

        Bytes.AssertEqual(Path.Combine(directory, "a"), mount.File("disk.raw", "a"));
        Bytes.AssertEqual(Path.Combine(directory, "b c"), mount.File("disk.raw", "b c"));
    }

    [Fact]
    public void A_server_without_block_status_gives_fully_allocated_files_and_says_so()
    {
        string disk = DiskImage.Empty(Bench, 8L << 20);
        NbdServer server = Nbdkit.OnSocket(Bench, "--no-sr", "file", disk);
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);

        Assert.Equal("16384", Command.Ok("stat", "-c", "%b", mount.File("disk.raw")).Trim());
        Assert.True(new FileInfo(mount.File("disk.vhd")).Length > 8L << 20);
        Assert.Contains(
            "fully allocated", mount.Information().GetProperty("allocation").GetString(), StringComparison.Ordinal);
        Assert.Contains(
            "fully allocated", mount.DiskStatus().GetProperty("allocation").GetString(), StringComparison.Ordinal);
        Assert.Contains("fully allocated", Command.Ok(RunRoot.Vdifs, "ls", server.Uri), StringComparison.Ordinal);
    }

    [Fact]
    public void Ls_names_every_export_and_its_size()
    {
        string first = DiskImage.Full(Bench, 3L << 20, "first.img");
        string second = DiskImage.Empty(Bench, 5L << 20, "second.img");
        NbdServer server = ClassicNbdServer.OnPort(Bench, ("first", first), ("second", second));

        string output = Command.Ok(RunRoot.Vdifs, "ls", server.Uri);

        Assert.Matches("first +3145728 ", output);
        Assert.Matches("second +5242880 ", output);
    }

    [Theory]
    [InlineData("default", 4)]
    [InlineData("disable", 1)]
    public void Connections_are_as_many_as_the_server_allows(string mode, int expected)
    {
        string disk = DiskImage.RandomHoles(Bench, Size, 11);
        string[] filter = mode == "default" ? [] : ["--filter=multi-conn"];
        string[] parameter = mode == "default" ? [] : [$"multi-conn-mode={mode}"];
        NbdServer server = Nbdkit.OnSocket(Bench, [.. filter, "file", disk, .. parameter]);
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);

        Bytes.AssertEqual(disk, mount.File("disk.raw"));

        // Those beyond the first are opened behind the readers' backs.
        Wait.Until(
            () => mount.DiskStatus().GetProperty("connections").GetInt32() >= expected, $"{expected} connections");
        Assert.Equal(expected, mount.DiskStatus().GetProperty("connections").GetInt32());
    }
}
