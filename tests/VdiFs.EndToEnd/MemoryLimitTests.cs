using System.Text.Json;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>The whole process stays below --memory-limit; reads wait for memory instead of failing.</summary>
public sealed class MemoryLimitTests : EndToEndTest
{
    private const long MiB = 1L << 20;
    private const string Limit = "192M";
    private const long LimitBytes = 192 * MiB;

    /// <summary>Each reader checks what it reads; their directions and formats differ.</summary>
    private const string Readers = """
        for i in $(seq 64); do
          ( o=$((i * 37 % 240))
            case $((i % 3)) in
              0) cmp <(dd if="$2/disk.raw" bs=1M skip=$o count=12 iflag=direct status=none) \
                     <(dd if="$1" bs=1M skip=$o count=12 status=none) ;;
              1) cmp <(dd if="$2/disk.raw" bs=64k skip=$((o * 16)) count=128 status=none) \
                     <(dd if="$1" bs=64k skip=$((o * 16)) count=128 status=none) ;;
              2) dd if="$2/disk.vhd" bs=1M skip=$o count=8 iflag=direct status=none | wc -c | grep -qx 8388608 ;;
            esac ) & pids+=($!)
        done
        for pid in "${pids[@]}"; do wait $pid; done
        """;

    [Fact]
    public void Readers_of_a_late_server_stay_below_the_limit_and_get_the_right_bytes()
    {
        string disk = DiskImage.Full(Bench, 256 * MiB);
        NbdServer server = Nbdkit.OnSocket(Bench, "--filter=delay", "file", disk, "delay-read=100ms");
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri, "--memory-limit", Limit);

        Command.BashOk(Readers, disk, mount.Export());

        Assert.InRange(ProcessTable.PeakMemoryBytes(mount.DaemonPid), 1, LimitBytes);
        JsonElement memory = MemoryOf(mount);
        Assert.Equal(LimitBytes, memory.GetProperty("limitBytes").GetInt64());
        Assert.InRange(
            memory.GetProperty("blocksUsedBytes").GetInt64(), 1, memory.GetProperty("blocksLimitBytes").GetInt64());
        Assert.Equal(0, memory.GetProperty("waitingReads").GetInt32());
    }

    [Fact]
    public void A_daemon_in_a_small_group_of_processes_copies_a_disk_larger_than_the_group()
    {
        string disk = DiskImage.Full(Bench, 256 * MiB);
        MemoryGroup group = MemoryGroup.Create(Bench, 200 * MiB);
        NbdServer server = Nbdkit.OnSocket(Bench, "file", disk);
        VdifsMount mount = VdifsMount.StartIn(group, Bench, server.Uri);

        Command.Ok("cmp", disk, mount.File("disk.raw"));
        Command.Ok("cmp", disk, mount.File("disk.raw"));
    }

    [Fact]
    public void A_cache_that_a_group_of_processes_has_no_room_for_is_a_usage_error()
    {
        MemoryGroup group = MemoryGroup.Create(Bench, 200 * MiB);
        OneLine.AssertRefusal(
            Command.Run(
                "bash", "-c", "echo $$ >\"$0\" && exec \"$@\"", group.MembersFile, RunRoot.Vdifs,
                "mount", DiskImage.Empty(Bench, MiB), Bench.NewDirectory("mnt"), "--cache-size", "512M"),
            2,
            "--cache-size 512M",
            "group of processes has");
    }

    [Fact]
    public void Memory_that_the_system_refuses_is_missed_before_there_is_a_mount()
    {
        string mountPoint = Bench.NewDirectory("mnt");
        OneLine.AssertRefusal(
            Command.Run(
                "bash", "-c", "ulimit -d 200000 && exec \"$@\"", "bash", RunRoot.Vdifs,
                "mount", DiskImage.Empty(Bench, MiB), mountPoint),
            2,
            "no 284M of memory",
            "--cache-size");
        Assert.False(MountTable.IsMountPoint(mountPoint));
    }

    [Fact]
    public void A_limit_that_the_cache_does_not_fit_into_is_a_usage_error_with_the_least_that_would_do() =>
        OneLine.AssertRefusal(
            Command.Run(
                RunRoot.Vdifs,
                "mount", DiskImage.Empty(Bench, MiB), Bench.NewDirectory("mnt"), "--cache-size", "1G",
                "--memory-limit", "256M"),
            2,
            "--cache-size 1G",
            "at least",
            "found 256M");

    [Theory]
    [InlineData("95M")]
    [InlineData("3T")]
    [InlineData("much")]
    public void A_limit_out_of_its_range_is_a_usage_error(string limit) =>
        OneLine.AssertRefusal(
            Command.Run(
                RunRoot.Vdifs,
                "mount", DiskImage.Empty(Bench, MiB), Bench.NewDirectory("mnt"), "--memory-limit", limit),
            2,
            "--memory-limit",
            "96M to 2T");

    private static JsonElement MemoryOf(VdifsMount mount) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(mount.Directory, ".vdifs", "status.json")))
            .RootElement.GetProperty("memory");
}
