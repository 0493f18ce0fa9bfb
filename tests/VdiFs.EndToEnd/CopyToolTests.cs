using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>The tools people copy with: equal bytes from each.</summary>
public sealed class CopyToolTests : EndToEndTest
{
    /// <summary>Not a multiple of 4 KiB, so that direct and mapped reads meet an odd tail.</summary>
    private const long Size = (30L << 20) + 1536;

    private readonly string _disk;
    private readonly string _copy;
    private readonly VdifsMount _mount;

    public CopyToolTests()
    {
        _disk = DiskImage.RandomHoles(Bench, Size, 41);
        _copy = Bench.NewDirectory("copy");
        _mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, _disk).Uri);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("always")]
    [InlineData("never")]
    public void Cp_with_sparse(string sparse)
    {
        Command.Ok(
            "cp", $"--sparse={sparse}", _mount.File("disk.raw"), _mount.File("disk.vhd"), _mount.File("disk.vmdk"), _copy);

        AssertCopyHolds();
    }

    [Fact]
    public void Cp_leaves_holes_where_the_disk_has_holes()
    {
        Command.Ok("cp", _mount.File("disk.raw"), _copy);

        Assert.True(AllocatedBytes(Path.Combine(_copy, "disk.raw")) < Size * 3 / 4);
    }

    [Theory]
    [InlineData("disk.vhd")]
    [InlineData("disk.packed.vhd")]
    [InlineData("disk.vdi")]
    [InlineData("disk.vhdx")]
    public void Cp_leaves_holes_where_a_block_of_the_image_has_zeros(string name)
    {
        string copy = Path.Combine(_copy, name);
        Command.Ok("cp", _mount.File(name), copy);

        Bytes.AssertEqual(_mount.File(name), copy);
        Assert.InRange(AllocatedBytes(_mount.File(name)), 1, new FileInfo(copy).Length * 3 / 4);
        // cp leaves zeros out that it finds among the data as well.
        Assert.InRange(AllocatedBytes(copy), 1, AllocatedBytes(_mount.File(name)));
    }

    [Theory]
    [InlineData("cp \"$1\"/disk.* \"$2\"")]
    [InlineData("for f in \"$1\"/disk.*; do dd if=\"$f\" bs=333333 of=\"$2/${f##*/}\"; done")]
    public void Past_the_page_cache(string command)
    {
        _mount.Unmount();
        VdifsMount direct = VdifsMount.Start(Bench, _mount.Source, "--direct-io");

        Command.BashOk(command, direct.Export(), _copy);

        AssertCopyHolds();
        string mapped = Command.Ok("git", "hash-object", "--no-filters", direct.File("disk.raw"));
        Assert.Equal(Command.Ok("git", "hash-object", "--no-filters", _disk), mapped);
    }

    [Fact]
    public void Rsync_copies_and_the_second_run_transfers_nothing()
    {
        Command.Ok("rsync", "-a", _mount.Export() + "/", _copy);
        AssertCopyHolds();

        string second = Command.Ok("rsync", "-a", "--stats", _mount.Export() + "/", _copy);

        Assert.Contains("Number of regular files transferred: 0", second, StringComparison.Ordinal);
    }

    [Fact]
    public void Rsync_with_checksums_after_a_remount_finds_nothing_changed()
    {
        _mount.Unmount();
        VdifsMount first = VdifsMount.Start(Bench, _mount.Source, "--snapshot-time", "2026-01-02T03:04:05Z");
        Command.Ok("rsync", "-a", first.Export() + "/", _copy);
        first.Unmount();
        VdifsMount second = VdifsMount.Start(Bench, _mount.Source, "--snapshot-time", "2026-01-02T03:04:05Z");

        string output = Command.Ok("rsync", "-ac", "--stats", second.Export() + "/", _copy);

        Assert.Contains("Number of regular files transferred: 0", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-cf")]
    [InlineData("-Scf")]
    public void Tar_with(string mode)
    {
        string archive = Bench.PathOf("disk.tar");
        Command.Ok("tar", "-C", _mount.Export(), mode, archive, "disk.raw", "disk.vhd", "disk.vmdk");
        Command.Ok("tar", "-C", _copy, "-xf", archive);

        AssertCopyHolds();
    }

    [Theory]
    [InlineData("bs=1M")]
    [InlineData("bs=1M iflag=direct")]
    [InlineData("bs=4096 iflag=direct")]
    [InlineData("bs=100000")]
    [InlineData("bs=1M conv=sparse")]
    public void Dd_with(string options)
    {
        foreach (string file in new[] { "disk.raw", "disk.vhd", "disk.vmdk" })
        {
            Command.Ok("dd", [$"if={_mount.File(file)}", $"of={Path.Combine(_copy, file)}", .. options.Split(' ')]);
        }

        AssertCopyHolds();
    }

    [Theory]
    [InlineData("disk.raw", "raw")]
    [InlineData("disk.vhd", "vpc")]
    [InlineData("disk.vmdk", "vmdk")]
    public void Qemu_img_converts(string file, string format)
    {
        string converted = Path.Combine(_copy, "converted.raw");
        Command.Ok("qemu-img", "convert", "-f", format, "-O", "raw", _mount.File(file), converted);

        Bytes.AssertEqual(_disk, converted);
    }

    private void AssertCopyHolds()
    {
        Bytes.AssertEqual(_disk, Path.Combine(_copy, "disk.raw"));
        QemuImg.AssertHolds(_disk, Path.Combine(_copy, "disk.vhd"), "vpc");
        QemuImg.AssertHolds(_disk, Path.Combine(_copy, "disk.vmdk"), "vmdk");
    }

    private static long AllocatedBytes(string path) =>
        512 * long.Parse(Command.Ok("stat", "-c", "%b", path), System.Globalization.CultureInfo.InvariantCulture);
}
