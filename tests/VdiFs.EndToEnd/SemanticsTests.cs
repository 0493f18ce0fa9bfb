using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>What stat, lseek, statfs and friends say: the contract that copy tools rely on.</summary>
public sealed class SemanticsTests : EndToEndTest
{
    private const long MiB = 1L << 20;
    private const long KiB64 = 65536;
    private const long Size = 40 * MiB + 512;
    private const string SnapshotTime = "2026-01-02T03:04:05Z";

    /// <summary>Runs of whole 64 KiB, so that any granule up to that tells them exactly.</summary>
    private static readonly (long Start, long Length)[] Runs =
        [(0, KiB64), (5 * KiB64, 3 * KiB64), (4 * MiB, 2 * MiB), (20 * MiB + KiB64, KiB64), (39 * MiB, MiB)];

    private readonly string _disk;
    private readonly NbdServer _server;

    public SemanticsTests()
    {
        _disk = DiskImage.WithData(Bench, Size, Runs);
        _server = Nbdkit.File(Bench, _disk);
    }

    [Fact]
    public void The_folder_lists_the_default_formats_and_info_json()
    {
        VdifsMount mount = Mount();

        Assert.Equal(["disk.raw", "disk.vhd", "disk.vmdk", "info.json"], FilesOf(mount));
    }

    [Fact]
    public void Formats_says_what_is_listed()
    {
        VdifsMount mount = Mount("--formats", "raw");

        Assert.Equal(["disk.raw", "info.json"], FilesOf(mount));
    }

    [Fact]
    public void Formats_all_lists_the_fixed_vhd_too() =>
        Assert.Contains("disk.fixed.vhd", FilesOf(Mount("--formats", "all")));

    [Fact]
    public void A_format_that_is_not_listed_opens_by_name()
    {
        VdifsMount mount = Mount("--formats", "raw");

        Assert.True(File.Exists(mount.File("disk.vmdk")));
        Assert.Equal(Size + 512, new FileInfo(mount.File("disk.fixed.vhd")).Length);
    }

    [Fact]
    public void A_name_that_is_no_file_does_not_exist()
    {
        VdifsMount mount = Mount();

        Assert.False(File.Exists(mount.File("disk.iso")));
        Assert.False(Directory.Exists(mount.Export("other")));
    }

    [Fact]
    public void Status_json_is_hidden_and_readable()
    {
        VdifsMount mount = Mount();

        Assert.Contains(
            "{", File.ReadAllText(Path.Combine(mount.Directory, ".vdifs", "status.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_of_the_raw_file_are_those_of_its_data()
    {
        VdifsMount mount = Mount();

        Assert.Equal(Runs.Sum(run => run.Length) / 512, Stat(mount.File("disk.raw"), "%b"));
    }

    [Theory]
    [InlineData("disk.vhd")]
    [InlineData("disk.vmdk")]
    public void Blocks_of_a_packed_file_are_never_fewer_than_the_data(string file)
    {
        VdifsMount mount = Mount();

        long blocks = Stat(mount.File(file), "%b");
        Assert.InRange(blocks * 512, Runs.Sum(run => run.Length), Stat(mount.File(file), "%s") + 4096);
    }

    [Fact]
    public void A_packed_file_is_smaller_than_the_disk()
    {
        VdifsMount mount = Mount();

        Assert.InRange(Stat(mount.File("disk.vmdk"), "%s"), 1, 10 * MiB);
        Assert.InRange(Stat(mount.File("disk.vhd"), "%s"), 1, 14 * MiB);
    }

    [Fact]
    public void Seek_data_and_seek_hole_tell_the_map_of_the_source()
    {
        VdifsMount mount = Mount();

        Assert.Equal(Runs.Select(run => (run.Start, run.Start + run.Length)), DataMap.Of(mount.File("disk.raw")));
    }

    [Fact]
    public void A_disk_without_data_has_no_data_to_seek()
    {
        NbdServer empty = NbdServer.OnSocket(
            Bench, Bench.PathOf("null.sock"), "nbdkit", "-f", "-U", Bench.PathOf("null.sock"), "memory", "16M");
        VdifsMount mount = VdifsMount.Start(Bench, empty.Uri);

        Assert.Empty(DataMap.Of(mount.File("disk.raw")));
    }

    [Theory]
    [InlineData("disk.vhd")]
    [InlineData("disk.vmdk")]
    public void Holes_of_a_packed_file_read_as_zeros(string file)
    {
        VdifsMount mount = Mount();
        byte[] bytes = File.ReadAllBytes(mount.File(file));
        long offset = 0;
        foreach ((long start, long end) in DataMap.Of(mount.File(file)))
        {
            Assert.Equal(-1, bytes.AsSpan((int)offset, (int)(start - offset)).IndexOfAnyExcept((byte)0));
            offset = end;
        }

        Assert.Equal(-1, bytes.AsSpan((int)offset).IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData("disk.raw")]
    [InlineData("disk.vhd")]
    [InlineData("disk.fixed.vhd")]
    [InlineData("disk.vmdk")]
    public void Everything_stat_tells_is_equal_over_remounts(string file)
    {
        const string format = "%i %s %b %y %z %h %a %u %g";
        VdifsMount first = Mount("--snapshot-time", SnapshotTime);
        string before = Command.Ok("stat", "-c", format, first.File(file));
        string hash = Command.Ok("sha256sum", first.File(file)).Split(' ')[0];
        first.Unmount();

        VdifsMount second = Mount("--snapshot-time", SnapshotTime);

        Assert.Equal(before, Command.Ok("stat", "-c", format, second.File(file)));
        Assert.Equal(hash, Command.Ok("sha256sum", second.File(file)).Split(' ')[0]);
    }

    [Fact]
    public void Inodes_differ_between_files()
    {
        VdifsMount mount = Mount("--formats", "all");

        long[] inodes = [.. Directory.GetFileSystemEntries(mount.Export()).Select(path => Stat(path, "%i"))];
        Assert.Equal(inodes.Length, inodes.Distinct().Count());
    }

    [Theory]
    [InlineData("disk.raw")]
    [InlineData("disk.vhd")]
    [InlineData("disk.vmdk")]
    public void Snapshot_time_is_the_time_of_the_files(string file)
    {
        VdifsMount mount = Mount("--snapshot-time", SnapshotTime);

        long expected = DateTimeOffset.Parse(SnapshotTime, CultureInfo.InvariantCulture).ToUnixTimeSeconds();
        Assert.Equal(expected, Stat(mount.File(file), "%Y"));
        Assert.Equal(expected, Stat(mount.File(file), "%Z"));
    }

    [Fact]
    public void Without_a_snapshot_time_the_time_is_that_of_the_mount()
    {
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        VdifsMount mount = Mount();

        Assert.InRange(Stat(mount.File("disk.raw"), "%Y"), before, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    }

    [Fact]
    public void Info_json_is_newer_than_the_disk_files()
    {
        VdifsMount mount = Mount();

        DateTime info = File.GetLastWriteTimeUtc(mount.File("info.json"));
        Assert.True(info > File.GetLastWriteTimeUtc(mount.File("disk.raw")));
        Assert.True(info > File.GetLastWriteTimeUtc(mount.File("disk.vmdk")));
    }

    [Fact]
    public void Xattrs_of_a_file_are_ours()
    {
        VdifsMount mount = Mount();

        string attributes = Command.Ok("getfattr", "--absolute-names", "-d", "-m", "-", mount.File("disk.raw"));
        Assert.Contains("user.vdifs.", attributes, StringComparison.Ordinal);
    }

    [Fact]
    public void Statfs_has_blocks_and_none_of_them_free()
    {
        VdifsMount mount = Mount();

        string[] numbers = Command.Ok("stat", "-f", "-c", "%S %b %f %a", mount.Directory).Trim().Split(' ');
        Assert.True(long.Parse(numbers[0], CultureInfo.InvariantCulture) >= 512);
        Assert.True(long.Parse(numbers[1], CultureInfo.InvariantCulture) > 0);
        Assert.Equal(["0", "0"], numbers[2..]);
    }

    [Fact]
    public void The_mount_table_says_vdifs_and_read_only()
    {
        VdifsMount mount = Mount();

        string line = Command.Ok("mount").Split('\n').Single(
            line => line.Contains($" {mount.Directory} ", StringComparison.Ordinal));
        Assert.StartsWith($"vdifs on {mount.Directory} type fuse.vdifs (ro,", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Owner_and_modes_are_as_asked()
    {
        VdifsMount mount = Mount("--uid", "1234", "--gid", "4321", "--file-mode", "0440", "--dir-mode", "0550");

        Assert.Equal("1234 4321 440", Command.Ok("stat", "-c", "%u %g %a", mount.File("disk.raw")).Trim());
        Assert.Equal("1234 4321 550", Command.Ok("stat", "-c", "%u %g %a", mount.Export()).Trim());
    }

    [Fact]
    public void Default_modes_are_readable_by_all_and_writable_by_none()
    {
        VdifsMount mount = Mount();

        Assert.Equal("444", Command.Ok("stat", "-c", "%a", mount.File("disk.raw")).Trim());
        Assert.Equal("555", Command.Ok("stat", "-c", "%a", mount.Export()).Trim());
    }

    private VdifsMount Mount(params string[] options) => VdifsMount.Start(Bench, _server.Uri, options);

    private static IEnumerable<string?> FilesOf(VdifsMount mount) =>
        Directory.GetFileSystemEntries(mount.Export()).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private static long Stat(string path, string format) =>
        long.Parse(Command.Ok("stat", "-c", format, path), CultureInfo.InvariantCulture);
}
