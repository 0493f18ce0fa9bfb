using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;

namespace VdiFs.EndToEnd;

/// <summary>Images on this machine, without a server of the user's: raw in place, the others through a private
/// qemu-nbd.</summary>
public sealed class LocalImageTests : EndToEndTest
{
    private const long Size = 24L << 20;

    [Fact]
    public void A_raw_image_is_read_in_place()
    {
        string disk = DiskImage.RandomHoles(Bench, Size + 777, 61, "my disk.raw");
        VdifsMount mount = VdifsMount.Start(Bench, disk);

        Judged.AssertAllHold(Bench, disk, mount.Export("my disk.raw"));
    }

    [Fact]
    public void The_holes_of_a_raw_image_are_those_of_its_file()
    {
        string disk = DiskImage.WithData(Bench, Size, [(65536, 131072), (16L << 20, 1L << 20)], "disk.img");
        VdifsMount mount = VdifsMount.Start(Bench, disk);

        Assert.Equal(DataMap.Of(disk), DataMap.Of(mount.File("disk.raw", "disk.img")));
    }

    [Fact]
    public void A_raw_image_has_its_own_time()
    {
        string disk = DiskImage.Full(Bench, 1L << 20);
        File.SetLastWriteTimeUtc(disk, new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc));
        VdifsMount mount = VdifsMount.Start(Bench, disk);

        Assert.Equal(File.GetLastWriteTimeUtc(disk), File.GetLastWriteTimeUtc(mount.File("disk.raw", "disk.img")));
    }

    [Theory]
    [InlineData("qcow2", "disk.qcow2")]
    [InlineData("vpc", "disk.vhd")]
    [InlineData("vmdk", "disk.vmdk")]
    [InlineData("vhdx", "disk.vhdx")]
    [InlineData("vdi", "disk.vdi")]
    public void An_image_is_read_of_format(string format, string name)
    {
        string disk = DiskImage.RandomHoles(Bench, Size, 62);
        string image = Bench.PathOf(name);
        Command.Ok("qemu-img", ["convert", "-f", "raw", "-O", format, .. ForceSize(format), disk, image]);
        VdifsMount mount = VdifsMount.Start(Bench, image);

        Judged.AssertAllHold(Bench, disk, mount.Export(name));
    }

    [Fact]
    public void A_relative_path_is_found()
    {
        string disk = DiskImage.Full(Bench, 1L << 20);
        string directory = Bench.NewDirectory("mnt");

        Command.BashOk("cd \"$1\"; \"$2\" mount ./disk.img mnt", Bench.Directory, RunRoot.Vdifs);
        try
        {
            Bytes.AssertEqual(disk, Path.Combine(directory, "disk.img", "disk.raw"));
        }
        finally
        {
            Command.Run(RunRoot.Vdifs, "umount", directory);
        }
    }

    /// <summary>qemu rounds a VHD's size to cylinders unless told otherwise.</summary>
    private static string[] ForceSize(string format) => format == "vpc" ? ["-o", "force_size=on"] : [];
}
