using VdiFs.Disks;
using VdiFs.Pool.Content;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>What the pool shows of a reader is true.</summary>
public sealed class TaskTests : SimulatedPoolTest
{
    private const string File = "disk.raw";
    private const int Piece = 1 << 20;

    [Fact]
    public async Task A_disk_read_to_its_end_is_a_success()
    {
        DiskEntry entry = await OpenAsync();
        await ReadAsync(entry, 0, entry.KnownLength!.Value);
        TaskObject task = await TaskAsync();
        entry.Usage!.Released(File);

        await EndsAsync(task, "success");
        Assert.Equal(1, task.Progress);
    }

    [Fact]
    public async Task A_disk_with_bad_sectors_is_a_failure_that_says_why()
    {
        Pool.LocalDisk.Content!.BadRanges = [new ByteRange((90 << 20) + 4096, 512)];
        DiskEntry entry = await OpenAsync();
        await ReadAsync(entry, 0, 90 << 20);
        await Assert.ThrowsAsync<DiskException>(() => ReadAsync(entry, 90 << 20, 6 << 20));
        TaskObject task = await TaskAsync();
        entry.Usage!.Released(File);

        await EndsAsync(task, "failure");
        Assert.Equal("VDIFS_READ_FAILED", task.ErrorInfo[0]);
        Assert.Contains(Pool.LocalDisk.Uuid, string.Join(' ', task.ErrorInfo), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_who_leaves_early_has_cancelled()
    {
        DiskEntry entry = await OpenAsync();
        await ReadAsync(entry, 0, 80 << 20);
        TaskObject task = await TaskAsync();
        entry.Usage!.Released(File);

        await EndsAsync(task, "cancelled");
    }

    [Fact]
    public async Task A_task_cancelled_in_the_pool_ends_the_reader()
    {
        DiskEntry entry = await OpenAsync();
        await ReadAsync(entry, 0, 80 << 20);
        TaskObject task = await TaskAsync();
        Pool.State.Mutate(() => task.CurrentOperations["OpaqueRef:somebody"] = "cancel");
        await EndsAsync(task, "cancelled");

        DiskException error =
            await Assert.ThrowsAsync<DiskException>(() => ReadAsync(entry, 80 << 20, Piece));
        Assert.Equal(DiskErrorKind.Cancelled, error.Kind);
        entry.Usage!.Released(File);
    }

    [Fact]
    public async Task A_mount_that_ends_takes_its_readers_tasks_with_it()
    {
        DiskEntry entry = await OpenAsync();
        await ReadAsync(entry, 0, 80 << 20);
        TaskObject task = await TaskAsync();
        await Pool.UnmountAsync();

        Assert.True(task.IsGone);
        Assert.Equal("cancelled", task.Status);
    }

    [Fact]
    public async Task A_mount_that_ends_while_the_pool_makes_a_readers_task_takes_it_with_it()
    {
        DiskEntry entry = await OpenAsync();
        await Pool.OpenAsync(entry);
        Pool.State.Faults.RpcLatency = TimeSpan.FromMilliseconds(500);
        await ReadAsync(entry, 0, 65 << 20);
        // It is there; the answer that names it is still to come.
        TaskObject task = await TaskAsync();
        await Pool.UnmountAsync();

        Assert.True(task.IsGone);
        Assert.Equal("cancelled", task.Status);
    }

    private async Task<DiskEntry> OpenAsync()
    {
        // At the pace of the world: what has ended stays to be seen for some seconds.
        await Pool.MountAsync(speed: 1);
        DiskEntry entry = Pool.EntryOf(Pool.LocalDisk);
        entry.Usage!.Opened(File);
        return entry;
    }

    /// <summary>As a mount reads for a file.</summary>
    private async Task ReadAsync(DiskEntry entry, long diskOffset, long length)
    {
        for (long end = diskOffset + length; diskOffset < end; diskOffset += Piece)
        {
            entry.Usage!.Reading(File, entry.KnownLength!.Value, diskOffset, Piece);
            await Pool.ReadAsync(entry, diskOffset, Piece);
        }
    }

    private async Task<TaskObject> TaskAsync()
    {
        TaskObject? task = null;
        await SimulatedPool.UntilAsync(
            () => (task = Pool.State.All<TaskObject>().SingleOrDefault(
                one => one.NameLabel.StartsWith("VdiFs: reading", StringComparison.Ordinal))) is not null,
            "the reader shows as a task");
        return task!;
    }

    private static Task EndsAsync(TaskObject task, string status) => SimulatedPool.UntilAsync(
        () => task.Status != "pending" && (task.Status == status || task.IsGone),
        () => $"the task is {status}, not {task.Status}");
}
