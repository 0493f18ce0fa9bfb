using System.Text.Json;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;

namespace VdiFs.EndToEnd;

/// <summary>A local raw image, and whether the kernel reads it itself.</summary>
public abstract class PassthroughTest : EndToEndTest
{
    /// <summary>Not a whole number of sectors or pages.</summary>
    private protected const long Size = (8L << 20) + 777;

    private protected const string Export = "disk.img";

    private protected PassthroughTest() => Disk = DiskImage.RandomHoles(Bench, Size, 91);

    private protected string Disk { get; }

    private protected VdifsMount Mount()
    {
        SkipUnlessKernelCan();
        return VdifsMount.Start(Bench, Disk, "--passthrough");
    }

    private protected static void SkipUnlessKernelCan()
    {
        CommandResult can = Command.Bash(
            "printf '%s\\n' 6.9 \"$(uname -r)\" | sort -V -C; "
            + "if [ -e /proc/config.gz ]; then zcat /proc/config.gz; else cat \"/boot/config-$(uname -r)\"; fi "
            + "| grep -x CONFIG_FUSE_PASSTHROUGH=y");
        Assert.SkipUnless(can.ExitCode == 0, "this kernel has no FUSE passthrough");
    }

    private protected static string FileOf(VdifsMount mount) => mount.File("disk.raw", Export);

    private protected static void AssertPassedThrough(VdifsMount mount)
    {
        JsonElement disk = mount.DiskStatus();
        Assert.True(disk.GetProperty("passthrough").GetBoolean(), disk.GetRawText());
        Assert.Equal(0, disk.GetProperty("requests").GetInt64());
        Assert.Equal(0, disk.GetProperty("bytesFetched").GetInt64());
    }

    private protected static void AssertReadByTheDaemon(VdifsMount mount)
    {
        JsonElement disk = mount.DiskStatus();
        Assert.False(disk.GetProperty("passthrough").GetBoolean(), disk.GetRawText());
        Assert.True(disk.GetProperty("bytesFetched").GetInt64() > 0, disk.GetRawText());
    }
}
