using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Terabytes of mostly holes: right bytes at both ends, small memory, and an honest refusal where a format
/// ends.</summary>
public sealed class HugeDiskTests : EndToEndTest
{
    private const long MiB = 1L << 20;
    private const long GiB = 1L << 30;
    private const long TiB = 1L << 40;
    private const long LargestPacked = 2040 * GiB;

    private VdifsMount MountSparse(long size)
    {
        string disk = DiskImage.WithData(
            Bench, size, [(0, 3 * MiB), (size / 2 + 4096, 5 * MiB), (size - 2 * MiB, 2 * MiB)]);
        return VdifsMount.Start(Bench, Nbdkit.File(Bench, disk).Uri);
    }

    [Fact]
    public void The_largest_vhd_holds_the_disk()
    {
        VdifsMount mount = MountSparse(LargestPacked);

        QemuImg.AssertHolds(Bench.PathOf("disk.img"), mount.File("disk.vhd"), "vpc");
    }

    [Theory]
    [InlineData(LargestPacked)]
    [InlineData(2 * TiB)]
    [InlineData(8 * TiB)]
    public void A_huge_vmdk_holds_the_disk_at_both_ends_and_in_the_middle(long size)
    {
        VdifsMount mount = MountSparse(size);

        // A whole comparison takes qemu minutes.
        foreach (long mebibyte in new[] { 0, size / 2 / MiB, size / MiB - 4 })
        {
            string[] piece = ["bs=1M", "count=4", $"skip={mebibyte}"];
            string expected = Bench.PathOf("expected");
            string actual = Bench.PathOf("actual");
            Command.Ok("dd", [$"if={Bench.PathOf("disk.img")}", $"of={expected}", .. piece]);
            Command.Ok("qemu-img", [
                    "dd", "-f", "vmdk", "-O", "raw",
                    $"if={mount.File("disk.vmdk")}", $"of={actual}", .. QemuPiece(mebibyte),
                ]);
            Bytes.AssertEqual(expected, actual);
        }
    }

    [Fact]
    public void Two_tebibytes_of_holes_cost_little_memory()
    {
        VdifsMount mount = MountSparse(LargestPacked);
        Command.Ok("ls", "-lsR", mount.Directory);

        // All the tables: 4 MiB of a VHD's, 256 MiB of a VMDK's.
        Command.Ok("cat", mount.File("disk.vhd"), mount.File("disk.vmdk"));

        long peak = ProcessTable.PeakMemoryBytes(mount.DaemonPid);
        Assert.True(peak < 120 * MiB, $"the daemon's peak memory is {peak / MiB} MiB");
    }

    [Theory]
    [InlineData(2 * TiB)]
    [InlineData(8 * TiB)]
    public void A_disk_of_terabytes_is_right_at_both_ends_and_in_the_middle(long size)
    {
        VdifsMount mount = MountSparse(size);

        Assert.Equal(size, new FileInfo(mount.File("disk.raw")).Length);
        AssertSamePiece(mount, 0);
        AssertSamePiece(mount, size / 2);
        AssertSamePiece(mount, size - 4 * MiB);
    }

    [Fact]
    public void A_disk_too_large_for_a_format_is_not_listed_in_it()
    {
        VdifsMount mount = MountSparse(8 * TiB);

        Assert.Equal(
            ["disk.raw", "disk.vmdk", "info.json"],
            Directory.GetFiles(mount.Export()).Select(Path.GetFileName).Order(StringComparer.Ordinal));
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

    /// <summary>qemu-img counts its blocks from the start of the input.</summary>
    private static string[] QemuPiece(long mebibyte) => ["bs=1M", $"count={mebibyte + 4}", $"skip={mebibyte}"];

    private void AssertSamePiece(VdifsMount mount, long offset) =>
        Command.BashOk(
            "cmp <(dd if=\"$1\" bs=1M count=4 iflag=skip_bytes skip=\"$3\" status=none) "
            + "<(dd if=\"$2\" bs=1M count=4 iflag=skip_bytes skip=\"$3\" status=none)",
            Bench.PathOf("disk.img"), mount.File("disk.raw"), $"{offset}");
}
