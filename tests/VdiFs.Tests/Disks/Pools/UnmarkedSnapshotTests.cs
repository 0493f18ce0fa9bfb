using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Disks.Pools.Snapshots;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>Snapshots of mounts that died before they could mark them, beside those of other people.</summary>
public sealed class UnmarkedSnapshotTests
{
    private static readonly PoolOwner Dead = new("machine", "boot", "pid:[1]", 300, 6000);
    private static readonly PoolOwner Living = new("machine", "boot", "pid:[1]", 200, 6000);

    private readonly PoolBuilder _builder = new();
    private readonly FakeProcesses _processes = new();
    private readonly VdiRecord _disk;
    private readonly VdiRecord _taken;
    private readonly VdiRecord _others;

    public UnmarkedSnapshotTests()
    {
        _processes.Living[Living.Pid] = Living.StartTicks;
        _disk = _builder.Vdi(_builder.Sr("store"), "root");
        _taken = _builder.Snapshot(_disk, DateTimeOffset.UnixEpoch.AddYears(50));
        _others = _builder.Snapshot(_disk, DateTimeOffset.UnixEpoch.AddYears(50));
    }

    [Fact]
    public async Task That_of_a_dead_mount_goes_and_its_task_with_it()
    {
        TaskRecord task = TaskOf(Dead, "success");
        FakePool pool = await ReapAsync();

        AssertHas(pool, taken: false, task: null);
        Assert.Contains($"task.destroy {task.Ref}", pool.Calls);
        Assert.DoesNotContain(pool.Calls, call => call.StartsWith("task.set_status", StringComparison.Ordinal));
    }

    [Fact]
    public async Task That_of_a_living_mount_stays()
    {
        TaskRecord task = TaskOf(Living, "success");
        AssertHas(await ReapAsync(), taken: true, task);
    }

    [Fact]
    public async Task One_that_is_still_being_taken_is_waited_for()
    {
        TaskRecord task = TaskOf(Dead, "pending") with { Result = "" };
        _builder.Put(task);
        FakePool pool = new(_builder.Database);
        Task reaping = ReapAsync(pool);
        Assert.False(reaping.IsCompleted);
        pool.Change(now => now with { Tasks = now.Tasks.SetItem(task.Ref, Ended(task, "success")) });
        await reaping.WaitAsync(ScriptedNbdServer.Bound, Token);

        AssertHas(pool, taken: false, task: null);
    }

    [Theory]
    [InlineData("cancelled")]
    [InlineData("something new")]
    public async Task A_task_that_does_not_tell_is_left_with_all_that_may_have_come_of_it(string status)
    {
        TaskRecord task = TaskOf(Dead, status) with { Result = "" };
        _builder.Put(task);
        AssertHas(await ReapAsync(), taken: true, task);
    }

    [Fact]
    public async Task Where_no_snapshot_could_be_taken_only_the_task_goes()
    {
        _builder.Put(TaskOf(Dead, "failure") with { Result = "" });
        AssertHas(await ReapAsync(), taken: true, task: null);
    }

    [Fact]
    public async Task One_that_somebody_has_given_to_a_VM_stays()
    {
        _builder.Attach(_builder.Vm("restored"), _taken, "0");
        TaskRecord task = TaskOf(Dead, "success");
        AssertHas(await ReapAsync(), taken: true, task);
    }

    [Fact]
    public async Task One_that_cannot_be_destroyed_now_is_found_again_by_its_task()
    {
        TaskRecord task = TaskOf(Dead, "success");
        FakePool pool = new(_builder.Database)
        {
            Fail = call => call.StartsWith("VDI.destroy", StringComparison.Ordinal)
                ? FakePool.Refusal("VDI_NOT_MANAGED")
                : null,
        };
        await ReapAsync(pool).WaitAsync(ScriptedNbdServer.Bound, Token);

        AssertHas(pool, taken: true, task);
    }

    [Fact]
    public async Task One_that_takes_for_ever_is_left_to_the_next_start()
    {
        TaskRecord task = TaskOf(Dead, "pending");
        FakePool pool = new(_builder.Database);
        ManualClock clock = new();
        Task reaping = ReapAsync(pool, clock);
        await clock.WaitedForAsync(TimeSpan.FromMinutes(10));
        clock.Advance(TimeSpan.FromMinutes(10));
        await reaping.WaitAsync(ScriptedNbdServer.Bound, Token);

        AssertHas(pool, taken: true, task);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TaskRecord Ended(TaskRecord task, string status) =>
        task with { Status = status, Result = $"<value>{_taken.Ref}</value>" };

    private TaskRecord TaskOf(PoolOwner owner, string status) => _builder.Put(Ended(
        new TaskRecord
        {
            Ref = _builder.Next("task"), Uuid = "", NameLabel = "Async.VDI.snapshot",
            OtherConfig = new SnapshotMark(_disk.Uuid, "1").NotesFor(owner)
                .ToDictionary(note => "http:" + note.Key, note => note.Value),
        },
        status));

    private void AssertHas(FakePool pool, bool taken, TaskRecord? task)
    {
        Assert.Equal(taken, pool.Database.Vdis.ContainsKey(_taken.Ref));
        OpaqueRef[] tasks = task is null ? [] : [task.Ref];
        Assert.Equal(tasks, pool.Database.Tasks.Keys);
        Assert.True(pool.Database.Vdis.ContainsKey(_disk.Ref));
        Assert.True(pool.Database.Vdis.ContainsKey(_others.Ref));
    }

    private async Task<FakePool> ReapAsync()
    {
        FakePool pool = new(_builder.Database);
        await ReapAsync(pool).WaitAsync(ScriptedNbdServer.Bound, Token);
        return pool;
    }

    private async Task ReapAsync(FakePool pool, TimeProvider? time = null)
    {
        using AutoSnapshots snapshots = new(pool, _processes.Self, time ?? TimeProvider.System, NullLogger.Instance);
        SessionNotes none = new(null, _processes.Self, TimeProvider.System, NullLogger.Instance);
        PoolReaper reaper = new(
            pool, none, new OwnerJudge(_processes), snapshots, time ?? TimeProvider.System, NullLogger.Instance);
        await reaper.RunAsync(Token);
    }
}
