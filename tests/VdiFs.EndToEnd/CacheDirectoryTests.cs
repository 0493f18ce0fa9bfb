using System.Text.Json;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Blocks that one mount keeps in files (--cache-dir) and the next one finds.</summary>
public sealed class CacheDirectoryTests : EndToEndTest
{
    private const long MiB = 1L << 20;

    // Disks of 8 MiB at most are kept whole, however slow the writer is: a full queue is what drops blocks.
    private static readonly string[] Fixed = ["--snapshot-time", "2026-01-31T02:00:00Z"];

    [Fact]
    public void What_a_killed_mount_has_kept_the_next_one_reads_without_its_server()
    {
        string disk = DiskImage.Full(Bench, 8 * MiB);
        string server = Nbdkit.File(Bench, disk).Uri;
        string[] options = [.. Fixed, "--cache-dir", Bench.PathOf("blocks"), "--log-level", "error"];
        VdifsMount first = VdifsMount.Start(Bench, server, options);
        Bytes.AssertEqual(disk, first.File("disk.raw"));
        Wait.Until(() => Kept(first, "bytesWritten") == 8 * MiB, "all of the disk is kept");
        int daemon = first.DaemonPid;
        Assert.Equal(0, Native.Kill(daemon, Native.Sigkill));
        Wait.Until(() => !ProcessTable.IsRunning(daemon), "the daemon is gone");

        VdifsMount second = VdifsMount.Start(Bench, server, options);
        Bytes.AssertEqual(disk, second.File("disk.raw"));

        Assert.Equal(0, second.DiskStatus().GetProperty("bytesFetched").GetInt64());
        Assert.Equal((8 * MiB, 0), (Kept(second, "bytesRead"), Kept(second, "damaged")));
    }

    [Fact]
    public void A_disk_that_may_change_and_one_that_looks_another_are_fetched()
    {
        string disk = DiskImage.Full(Bench, 2 * MiB);
        string server = Nbdkit.File(Bench, disk).Uri;
        string[] options = ["--cache-dir", Bench.PathOf("blocks")];
        VdifsMount moving = VdifsMount.Start(Bench, server, options);
        Bytes.AssertEqual(disk, moving.File("disk.raw"));
        Assert.Equal((0, 0), (Kept(moving, "written"), Kept(moving, "skipped")));
        moving.Unmount();
        VdifsMount still = VdifsMount.Start(Bench, server, [.. Fixed, .. options]);
        Bytes.AssertEqual(disk, still.File("disk.raw"));
        still.Unmount();

        // The user still says that nothing has changed.
        using (FileStream file = File.OpenWrite(disk))
        {
            file.Write(new byte[4096]);
        }

        VdifsMount wrong = VdifsMount.Start(Bench, server, [.. Fixed, .. options]);
        Bytes.AssertEqual(disk, wrong.File("disk.raw"));
        Assert.Equal(0, Kept(wrong, "hits"));
    }

    [Fact]
    public void A_full_file_system_fails_no_reader()
    {
        string disk = DiskImage.Full(Bench, 48 * MiB);
        string full = Bench.NewDirectory("full");
        Command.Ok("mount", "-t", "tmpfs", "-o", "size=20m,mode=0700", "tmpfs", full);
        try
        {
            VdifsMount mount = VdifsMount.Start(
                Bench, Nbdkit.File(Bench, disk).Uri,
                [.. Fixed, "--cache-dir", full, "--cache-dir-min-free", "0", "--log-level", "error"]);
            Bytes.AssertEqual(disk, mount.File("disk.raw"));
            Wait.Until(
                () => Kept(mount, "bytesWritten") > 0 && Kept(mount, "skipped") + Kept(mount, "evicted") > 0,
                "the file system was full, and something was kept");
            mount.Unmount();
        }
        finally
        {
            Command.Ok("umount", full);
        }
    }

    [Fact]
    public void A_place_that_cannot_be_used_is_said_before_the_mount()
    {
        string disk = DiskImage.Empty(Bench, MiB);
        foreach ((string directory, string cure) in new[]
        {
            (Bench.PathOf("not/there"), "make it first"),
            ("/proc/vdifs-blocks", "name a directory of your own"),
            (Bench.PathOf("mnt/blocks"), "which the mount hides"),
        })
        {
            CommandResult result = Command.Run(
                RunRoot.Vdifs, "mount", disk, Bench.NewDirectory("mnt"), "--cache-dir", directory);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains(directory, result.Error, StringComparison.Ordinal);
            Assert.Contains(cure, result.Error, StringComparison.Ordinal);
        }
    }

    private static long Kept(VdifsMount mount, string counter) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(mount.Directory, ".vdifs", "status.json")))
            .RootElement.GetProperty("cacheDirectory").GetProperty(counter).GetInt64();
}
