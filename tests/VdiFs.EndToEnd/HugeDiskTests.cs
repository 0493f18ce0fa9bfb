using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Terabytes of mostly holes: right bytes at both ends, small memory, and an honest refusal where a format ends.</summary>
public sealed class HugeDiskTests : EndToEndTest
{
    private const long MiB = 1L << 20;
    private const long GiB = 1L << 30;
    private const long TiB = 1L << 40;
    private const long LargestVhd = 2040 * GiB;

    private VdifsMount MountSparse(long size)
    {
        string disk = DiskImage.WithData(Bench, size, [(0, 3 * MiB), (size / 2 + 4096, 5 * MiB), (size - 2 * MiB, 2 * MiB)]);
        return VdifsMount.Start(Bench, Nbdkit.File(Bench, disk).Uri);
    }

    [Fact]
    public void The_largest_vhd_holds_the_disk()
    {
        VdifsMount mount = MountSparse(LargestVhd);

        QemuImg.AssertHolds(Bench.PathOf("disk.img"), mount.File("disk.vhd"), "vpc");
    }

    [Fact]
    public void A_two_tebibyte_vmdk_holds_the_disk()
    {
        VdifsMount mount = MountSparse(2 * TiB);

        QemuImg.AssertHolds(Bench.PathOf("disk.img"), mount.File("disk.vmdk"), "vmdk");
    }

    [Fact]
    public void A_two_tebibyte_sparse_disk_costs_little_memory()
    {
        VdifsMount mount = MountSparse(2 * TiB);
        Command.Ok("ls", "-lsR", mount.Directory);

        // The whole of the tables: 256 MiB of a VMDK's.
        Command.Ok("dd", $"if={mount.File("disk.vmdk")}", "of=/dev/null", "bs=1M");

        long peak = ProcessTable.PeakMemoryBytes(mount.DaemonPid);
        Assert.True(peak < 120 * MiB, $"the daemon's peak memory is {peak / MiB} MiB");
    }

    [Fact]
    public void An_eight_tebibyte_disk_is_right_at_both_ends()
    {
        VdifsMount mount = MountSparse(8 * TiB);

        Assert.Equal(8 * TiB, new FileInfo(mount.File("disk.raw")).Length);
        AssertSamePiece(mount, 0);
        AssertSamePiece(mount, 4 * TiB);
        AssertSamePiece(mount, 8 * TiB - 4 * MiB);
    }

    [Fact]
    public void A_disk_too_large_for_a_vhd_is_not_listed_as_one()
    {
        VdifsMount mount = MountSparse(8 * TiB);

        Assert.DoesNotContain("disk.vhd", Directory.GetFiles(mount.Export()).Select(Path.GetFileName));
        Assert.Contains("disk.raw", Directory.GetFiles(mount.Export()).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("disk.vhd")]
    [InlineData("disk.fixed.vhd")]
    public void Opening_a_file_that_its_format_cannot_hold_says_efbig(string file)
    {
        VdifsMount mount = MountSparse(8 * TiB);

        CommandResult result = Command.Run("head", "-c", "1", mount.File(file));

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("File too large", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_json_says_why_a_format_is_missing()
    {
        VdifsMount mount = MountSparse(8 * TiB);

        string? refusal = mount.Information().GetProperty("formats").EnumerateArray()
            .Single(format => format.GetProperty("file").GetString() == "disk.vhd").GetProperty("refusal").GetString();

        Assert.Contains("2040 GiB", refusal, StringComparison.Ordinal);
    }

    private void AssertSamePiece(VdifsMount mount, long offset) =>
        Command.BashOk(
            "cmp <(dd if=\"$1\" bs=1M count=4 iflag=skip_bytes skip=\"$3\" status=none) "
            + "<(dd if=\"$2\" bs=1M count=4 iflag=skip_bytes skip=\"$3\" status=none)",
            Bench.PathOf("disk.img"), mount.File("disk.raw"), $"{offset}");
}
