using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Judges that are not ours, on a disk with real file systems: straight on the mount, and on what cp made of
/// it.</summary>
public sealed class JudgeTests : EndToEndTest
{
    private readonly string _disk;
    private readonly VdifsMount _mount;

    public JudgeTests()
    {
        _disk = RealDisk.Make(Bench);
        _mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, _disk).Uri);
    }

    [Theory]
    [InlineData("disk.vhd", "vpc", "mount")]
    [InlineData("disk.vhd", "vpc", "copy")]
    [InlineData("disk.fixed.vhd", "vpc", "mount")]
    [InlineData("disk.fixed.vhd", "vpc", "copy")]
    [InlineData("disk.vmdk", "vmdk", "mount")]
    [InlineData("disk.vmdk", "vmdk", "copy")]
    [InlineData("disk.raw", "raw", "mount")]
    [InlineData("disk.raw", "raw", "copy")]
    public void Qemu_img_finds_the_disk_in(string file, string format, string place) =>
        QemuImg.AssertHolds(_disk, Place(file, place), format);

    [Theory]
    [InlineData("mount")]
    [InlineData("copy")]
    public void Qemu_img_finds_the_tables_of_a_vmdk_sound(string place) =>
        QemuImg.AssertSound(Place("disk.vmdk", place), "vmdk");

    [Theory]
    [InlineData("disk.vhd", "VHD", "mount")]
    [InlineData("disk.vhd", "VHD", "copy")]
    [InlineData("disk.fixed.vhd", "VHD", "mount")]
    [InlineData("disk.vmdk", "VMDK", "mount")]
    [InlineData("disk.vmdk", "VMDK", "copy")]
    public void Seven_zip_unpacks_the_disk_from(string file, string type, string place) =>
        SevenZip.AssertHolds(_disk, Place(file, place), type);

    [Theory]
    [InlineData("disk.vhd", "mount")]
    [InlineData("disk.vhd", "copy")]
    [InlineData("disk.fixed.vhd", "mount")]
    public void Libvhdi_shows_the_disk_in(string file, string place) =>
        Libyal.AssertVhdHolds(Bench, _disk, Place(file, place));

    [Theory]
    [InlineData("mount")]
    [InlineData("copy")]
    public void Libvmdk_shows_the_disk(string place) =>
        Libyal.AssertVmdkHolds(Bench, _disk, Place("disk.vmdk", place));

    [Theory]
    [InlineData("disk.raw")]
    [InlineData("disk.vhd")]
    [InlineData("disk.vmdk")]
    public void Sleuth_kit_reads_partitions_and_files_in(string file)
    {
        SleuthKit.AssertSamePartitions(_disk, _mount.File(file));
        SleuthKit.AssertListsFile(_mount.File(file), RealDisk.Ext4Offset, "hello.txt");
    }

    [Theory]
    [InlineData("disk.raw", "DOS/MBR boot sector")]
    [InlineData("disk.vhd", "Microsoft Disk Image")]
    [InlineData("disk.vmdk", "VMware4 disk image")]
    public void The_file_command_recognizes(string file, string kind) =>
        Assert.Contains(kind, Command.Ok("file", "-b", _mount.File(file)), StringComparison.Ordinal);

    [Fact]
    public void The_kernel_mounts_the_ext4_of_the_raw_file() =>
        LoopMount.AssertShows(Bench, _mount.File("disk.raw"), RealDisk.Ext4Offset, "hello.txt", RealDisk.Greeting);

    [Fact]
    public void Mtools_reads_the_fat_of_the_raw_file() =>
        Assert.Equal(
            RealDisk.Greeting, Command.Ok("mtype", "-i", $"{_mount.File("disk.raw")}@@1048576", "::hello.txt").Trim());

    [Theory]
    [InlineData("disk.raw")]
    [InlineData("disk.vhd")]
    [InlineData("disk.vmdk")]
    public void Sha256sum_of_the_mount_equals_that_of_a_copy(string file)
    {
        string ofMount = Command.Ok("sha256sum", _mount.File(file)).Split(' ')[0];
        Assert.Equal(ofMount, Command.Ok("sha256sum", Place(file, "copy")).Split(' ')[0]);
    }

    private string Place(string file, string place)
    {
        if (place == "mount")
        {
            return _mount.File(file);
        }

        string copy = Path.Combine(Bench.NewDirectory("copy"), file);
        Command.Ok("cp", _mount.File(file), copy);
        return copy;
    }
}
