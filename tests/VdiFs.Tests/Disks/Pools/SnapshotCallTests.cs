using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Disks.Pools.Snapshots;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>Taking a snapshot by way of a task, whatever becomes of the answers.</summary>
public sealed class SnapshotCallTests : IAsyncDisposable
{
    private static readonly PoolOwner Owner = new("machine", "boot", "pid:[1]", 100, 5000);

    private readonly ManualClock _clock = new();
    private readonly VdiRecord _disk;
    private readonly FakePool _pool;

    public SnapshotCallTests()
    {
        PoolBuilder builder = new();
        _disk = builder.Vdi(builder.Sr("store"), "root");
        _pool = new FakePool(builder.Database);
    }

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    [Fact]
    public async Task Its_task_names_its_owner_before_anything_else_is_done_and_goes_when_the_snapshot_does_so()
    {
        PoolOwner? owner = null;
        _pool.SnapshotTask = task =>
        {
            owner = PoolOwner.Of(task);
            Assert.Equal(_disk.Uuid, SnapshotMark.Of(task)?.DiskUuid);
            return task;
        };
        VdiRecord snapshot = await TakeAsync();

        Assert.Equal(Owner, owner);
        Assert.Equal(Owner, PoolOwner.Of(snapshot));
        Assert.Empty(_pool.Database.Tasks);
    }

    [Theory]
    [InlineData(XapiErrorKind.ConnectionLost)]
    [InlineData(XapiErrorKind.Timeout)]
    public async Task An_answer_that_was_lost_is_found_in_the_task(XapiErrorKind loss)
    {
        _pool.LostAnswer = new XapiException(loss, "no answer");
        VdiRecord snapshot = await TakeAsync();

        Assert.Equal(Owner, PoolOwner.Of(snapshot));
        Assert.Single(_pool.Calls, call => call.StartsWith("VDI.snapshot", StringComparison.Ordinal));
        Assert.Empty(_pool.Database.Tasks);
    }

    [Fact]
    public async Task A_call_of_which_the_pool_shows_no_task_was_not_heard()
    {
        Fail("VDI.snapshot", new XapiException(XapiErrorKind.ConnectionLost, "the connection broke"));
        Task<VdiRecord> taking = TakeAsync();
        await _clock.WaitedForAsync(TimeSpan.FromMinutes(1));
        _clock.Advance(TimeSpan.FromMinutes(1));

        DiskException failure = await Assert.ThrowsAsync<DiskException>(() => taking);
        Assert.Contains("the connection broke", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_was_refused_is_not_looked_for()
    {
        Fail("VDI.snapshot", FakePool.Refusal("VDI_IS_SHARABLE"));
        DiskException failure = await Assert.ThrowsAsync<DiskException>(TakeAsync);
        Assert.Contains("VDI_IS_SHARABLE", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_takes_its_time_is_waited_for()
    {
        _pool.SnapshotTask = task => task with { Status = "pending" };
        Task<VdiRecord> taking = TakeAsync();
        Assert.False(taking.IsCompleted);
        End("success");

        Assert.Equal(Owner, PoolOwner.Of(await taking));
    }

    [Fact]
    public async Task One_that_fails_tells_why_and_leaves_no_task()
    {
        _pool.SnapshotTask = task => task with { Status = "pending" };
        Task<VdiRecord> taking = TakeAsync();
        End("failure");

        DiskException failure = await Assert.ThrowsAsync<DiskException>(() => taking);
        Assert.Contains("failure", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_pool.Database.Tasks);
    }

    [Fact]
    public async Task One_that_takes_for_ever_is_left_to_the_next_start()
    {
        _pool.SnapshotTask = task => task with { Status = "pending" };
        Task<VdiRecord> taking = TakeAsync();
        await _clock.WaitedForAsync(TimeSpan.FromMinutes(5));
        _clock.Advance(TimeSpan.FromMinutes(5));

        DiskException failure = await Assert.ThrowsAsync<DiskException>(() => taking);
        Assert.Equal(DiskErrorKind.Unreachable, failure.Kind);
        Assert.Equal(Owner, PoolOwner.Of(Assert.Single(_pool.Database.Tasks.Values)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_cannot_be_marked_goes_or_keeps_its_task(bool canBeDestroyed)
    {
        _pool.Fail = call => call.StartsWith("VDI.add_to_other_config", StringComparison.Ordinal)
            || (call.StartsWith("VDI.destroy", StringComparison.Ordinal) && !canBeDestroyed)
                ? FakePool.Refusal(XapiCodes.RbacPermissionDenied)
                : null;
        await Assert.ThrowsAsync<DiskException>(TakeAsync);

        Assert.Equal(canBeDestroyed, _pool.Database.Tasks.IsEmpty);
        Assert.Equal(canBeDestroyed, !_pool.Database.Vdis.Values.Any(vdi => vdi.IsASnapshot));
    }

    private void End(string status) => _pool.Change(now =>
    {
        TaskRecord task = Assert.Single(now.Tasks.Values);
        return now with { Tasks = now.Tasks.SetItem(task.Ref, task with { Status = status }) };
    });

    private void Fail(string method, XapiException failure) =>
        _pool.Fail = call => call.StartsWith(method, StringComparison.Ordinal) ? failure : null;

    private async Task<VdiRecord> TakeAsync()
    {
        using AutoSnapshots snapshots = new(_pool, Owner, _clock, NullLogger.Instance);
        return await snapshots.TakeAsync(_disk, "web01/root", TestContext.Current.CancellationToken)
            .WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken);
    }
}
