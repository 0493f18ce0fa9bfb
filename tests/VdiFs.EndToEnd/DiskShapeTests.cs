using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Disks of every shape: each format holds the disk, padded with zeros to whole sectors.</summary>
public sealed class DiskShapeTests : EndToEndTest
{
    private const long MiB = 1L << 20;

    [Fact]
    public void An_empty_disk() => AssertEveryJudge(DiskImage.Empty(Bench, 64 * MiB));

    [Fact]
    public void A_full_disk() => AssertEveryJudge(DiskImage.Full(Bench, 20 * MiB));

    [Theory]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(65536)]
    [InlineData(2 * MiB)]
    public void A_tiny_disk_of(long size) => AssertEveryJudge(DiskImage.Full(Bench, size));

    /// <summary>No multiples of 2 MiB, 64 KiB, 4 KiB, 1 KiB and 512 bytes.</summary>
    [Theory]
    [InlineData(33 * MiB + 65536)]
    [InlineData(33 * MiB + 4096)]
    [InlineData(33 * MiB - 1024)]
    [InlineData(33 * MiB + 512)]
    [InlineData(32 * MiB - 512)]
    [InlineData(10 * MiB + 1)]
    [InlineData(10 * MiB - 1)]
    [InlineData(513)]
    public void An_odd_disk_of(long size) => AssertEveryJudge(DiskImage.RandomHoles(Bench, size, 21));

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    public void A_disk_of_random_holes(int seed) => AssertEveryJudge(DiskImage.RandomHoles(Bench, 48 * MiB, seed));

    [Fact]
    public void A_hole_at_each_end()
    {
        AssertEveryJudge(DiskImage.WithData(Bench, 40 * MiB, [(17 * MiB + 4096, 3 * MiB)]));
    }

    private void AssertEveryJudge(string disk)
    {
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, disk).Uri);
        string sectors = DiskImage.PaddedToSectors(Bench, disk);

        Judged.AssertAllHold(Bench, disk, mount.Export());
        SevenZip.AssertHolds(sectors, mount.File("disk.vhd"), "VHD");
        SevenZip.AssertHolds(sectors, mount.File("disk.fixed.vhd"), "VHD");
        SevenZip.AssertHolds(sectors, mount.File("disk.vmdk"), "VMDK");
    }
}
