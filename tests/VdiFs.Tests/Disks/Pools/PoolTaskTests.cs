using VdiFs.Disks;
using VdiFs.Disks.Pools.Tasks;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

public sealed class PoolTaskTests : IAsyncDisposable
{
    private const long FileLength = 100L << 20;
    private const int Step = 1 << 20;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly ManualClock _clock = new();
    private readonly FakePool _pool = new(new PoolBuilder().Database);
    private readonly LogLines _log = new();
    private readonly PoolTasks _tasks;
    private readonly PoolDiskUsage _usage;

    public PoolTaskTests()
    {
        _tasks = new PoolTasks(_pool, new FakeProcesses().Self, _clock, _log);
        _usage = new PoolDiskUsage(_clock, _tasks, () => "vms/web01/0-root")
        {
            Entry = new DiskEntry(
                "", "", new DiskIdentity(Guid.NewGuid(), DateTimeOffset.UnixEpoch), FileLength,
                _ => throw new InvalidOperationException("nobody opens it")),
        };
    }

    public async ValueTask DisposeAsync() => await _tasks.DisposeAsync().AsTask().WaitAsync(Bound);

    [Fact]
    public async Task A_file_read_to_its_end_is_a_task_that_succeeds_and_goes_after_a_moment()
    {
        _usage.Opened("disk.vhd");
        Read(0, FileLength);
        await CalledAsync("task.create VdiFs: reading vms/web01/0-root/disk.vhd");
        await CalledAsync("task.add_to_other_config vdifs:owner");
        _usage.Released("disk.vhd");

        await CalledAsync("task.set_status success");
        Assert.Single(_pool.Database.Tasks);
        await UntilAsync(() => _pool.Database.Tasks.IsEmpty);
        Assert.DoesNotContain("task.set_status cancelled", _pool.Calls);
        Assert.Single(_pool.Calls, call => call.StartsWith("task.add_to_other_config", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pool_that_takes_no_tasks_is_told_of_once_and_read_all_the_same()
    {
        _pool.Fail = call => call.StartsWith("task.create", StringComparison.Ordinal)
            ? FakePool.Refusal(XapiCodes.RbacPermissionDenied)
            : null;
        foreach (string file in (string[])["disk.vhd", "disk.raw"])
        {
            _usage.Opened(file);
            Read(file, 0, FileLength);
            await CalledAsync($"task.create VdiFs: reading vms/web01/0-root/{file}");
            _usage.Released(file);
        }

        await UntilAsync(() => _log.Lines.Count > 0);
        string line = Assert.Single(_log.Lines);
        Assert.StartsWith("Warning 4112 ", line, StringComparison.Ordinal);
        Assert.Contains(XapiCodes.RbacPermissionDenied, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_left_in_the_middle_is_a_cancelled_task()
    {
        _usage.Opened("disk.vhd");
        Read(0, 70L << 20);
        await CalledAsync("task.create VdiFs: reading vms/web01/0-root/disk.vhd");
        _usage.Released("disk.vhd");

        await CalledAsync("task.set_status cancelled");
        await UntilAsync(() => _pool.Database.Tasks.IsEmpty);
        Assert.DoesNotContain("task.set_status success", _pool.Calls);
    }

    [Fact]
    public async Task Cancelling_the_task_fails_the_reads_until_the_file_is_closed()
    {
        _usage.Opened("disk.vhd");
        Read(0, 70L << 20);
        await UntilAsync(() => !_pool.Database.Tasks.IsEmpty);
        _pool.Change(now => now with
        {
            Tasks = now.Tasks.ToDictionary(
                pair => pair.Key,
                pair => pair.Value with { CurrentOperations = new Dictionary<string, string> { ["x"] = "cancel" } })
                .Aggregate(now.Tasks, (tasks, pair) => tasks.SetItem(pair.Key, pair.Value)),
        });
        await CalledAsync("task.set_status cancelled");

        DiskException cancelled = Assert.Throws<DiskException>(() => Read(0, Step));
        Assert.Equal(DiskErrorKind.Cancelled, cancelled.Kind);

        _usage.Released("disk.vhd");
        _usage.Opened("disk.vhd");
        Read(0, Step);
        _usage.Released("disk.vhd");
    }

    [Fact]
    public async Task A_look_at_a_file_is_no_task()
    {
        _usage.Opened("disk.vhd");
        Read(0, 64L << 20);
        // One that is a task comes after it in the same line.
        _usage.Opened("disk.vmdk");
        for (long offset = 0; offset <= 64L << 20; offset += Step)
        {
            _usage.Reading("disk.vmdk", FileLength, offset, Step);
        }

        await CalledAsync("task.create VdiFs: reading vms/web01/0-root/disk.vmdk");
        Assert.Single(_pool.Calls, call => call.StartsWith("task.create", StringComparison.Ordinal));
        _usage.Released("disk.vmdk");
        _usage.Released("disk.vhd");
    }

    [Fact]
    public async Task Progress_is_told_rarely_and_never_without_need()
    {
        _usage.Opened("disk.vhd");
        Read(0, 70L << 20);
        await CalledAsync("task.set_progress");
        for (int i = 0; i < 100; i++)
        {
            Read(0, Step);
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Single(_pool.Calls, call => call == "task.set_progress");
        _usage.Released("disk.vhd");
    }

    [Fact]
    public void Holes_need_not_be_read_and_data_must_be()
    {
        AllocationMapBuilder builder = new(FileLength, 65536);
        builder.Mark(0, 1 << 20);
        builder.Mark(50L << 20, 1 << 20);
        AllocationMap map = builder.Build();
        ReadCoverage coverage = new(FileLength);

        coverage.Mark(0, 1 << 20);
        Assert.False(coverage.IsComplete(map));
        coverage.Mark(50L << 20, (1 << 20) - 65536);
        Assert.False(coverage.IsComplete(map));
        coverage.Mark((51L << 20) - 65536, 1);
        Assert.True(coverage.IsComplete(map));
        Assert.False(coverage.IsComplete(map: null));
    }

    [Fact]
    public void The_coverage_of_the_largest_file_is_small_and_whole()
    {
        long length = (16L << 40) + 1;
        ReadCoverage coverage = new(length);

        coverage.Mark(length - 1, 1);
        Assert.InRange(coverage.CoveredBytes, 65536, 1L << 22);
        Assert.False(coverage.IsComplete(map: null));
    }

    private void Read(long from, long length) => Read("disk.vhd", from, length);

    private void Read(string file, long from, long length)
    {
        for (long offset = from; offset < from + length; offset += Step)
        {
            _usage.Reading(file, FileLength, offset, Step);
        }
    }

    private Task CalledAsync(string call) => UntilAsync(() => _pool.Calls.Contains(call), TimeSpan.FromMilliseconds(
        10));

    private Task UntilAsync(Func<bool> isSo) => UntilAsync(isSo, TimeSpan.FromSeconds(1));

    private async Task UntilAsync(Func<bool> isSo, TimeSpan step)
    {
        using CancellationTokenSource bound =
            CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(Bound);
        while (!isSo())
        {
            await Task.Delay(1, bound.Token);
            _clock.Advance(step);
        }
    }
}
