using VdiFs.EndToEnd.Harness.Disks;

namespace VdiFs.EndToEnd.Harness.Judges;

/// <summary>The common verdict on one folder of the tree: all its files hold the disk.</summary>
internal static class Judged
{
    /// <summary>disk.raw by cmp; disk.vhd, disk.fixed.vhd and disk.vmdk by qemu-img.</summary>
    public static void AssertAllHold(Bench bench, string disk, string folder)
    {
        string sectors = DiskImage.PaddedToSectors(bench, disk);
        Bytes.AssertEqual(disk, Path.Combine(folder, "disk.raw"));
        QemuImg.AssertHolds(sectors, Path.Combine(folder, "disk.vhd"), "vpc");
        QemuImg.AssertHolds(sectors, Path.Combine(folder, "disk.fixed.vhd"), "vpc");
        QemuImg.AssertHolds(sectors, Path.Combine(folder, "disk.vmdk"), "vmdk");
        QemuImg.AssertSound(Path.Combine(folder, "disk.vmdk"), "vmdk");
    }
}
