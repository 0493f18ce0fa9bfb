using VdiFs.Disks;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>The end of a mount: everything is taken back that can be, soon, and the session in any case.</summary>
public sealed class PoolClosingTests : PoolCatalogTest
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Closing_takes_back_everything_before_it_logs_out()
    {
        _builder.Put(_place with { CurrentlyAttached = true });
        Load(new PoolOptions { AutoSnapshot = true });
        await Entry("vms/web01").OpenAsync(_cache, Token);

        await CloseAsync().WaitAsync(Bound, Token);

        Assert.DoesNotContain(_pool!.Database.Vdis.Values, vdi => vdi.IsASnapshot);
        Assert.Equal("disposed", _pool.Calls.Last());
    }

    [Fact]
    public async Task A_snapshot_that_somebody_holds_does_not_hold_the_end()
    {
        VdiRecord snapshot = await OpenSnapshotAsync();
        _pool!.Fail = call => IsDestroy(call) ? FakePool.Refusal(XapiCodes.VdiInUse, "held by a test") : null;

        Task closing = CloseAsync();
        await EventuallyAsync(() => closing.IsCompleted, TimeSpan.FromSeconds(1));

        await closing;
        // One each 5 s for half a minute, the first at once.
        Assert.InRange(_pool.Calls.Count(IsDestroy), 1, 7);
        Assert.Equal("disposed", _pool.Calls.Last());
        AssertLeft(snapshot, XapiCodes.VdiInUse);
    }

    [Fact]
    public async Task All_snapshots_together_have_the_time_of_one()
    {
        await OpenSnapshotAsync();
        VdiRecord other = _builder.Vdi(_sr, "data");
        await ChangeAsync(() => _builder.Attach(_vm, other, "1", place => place with { CurrentlyAttached = true }));
        await EntryOf(other).OpenAsync(_cache, Token);
        _pool!.Hold = NeverDestroy;

        Task closing = CloseAsync();
        await EventuallyAsync(() => _pool.Calls.Count(IsDestroy) == 2);
        Assert.False(closing.IsCompleted);
        _clock.Advance(EndPatience);

        await closing.WaitAsync(Bound, Token);
        Assert.Equal("disposed", _pool.Calls.Last());
        foreach (VdiRecord snapshot in _pool.Database.Vdis.Values.Where(vdi => vdi.IsASnapshot))
        {
            AssertLeft(snapshot, "no time");
        }
    }

    [Fact]
    public async Task A_snapshot_that_is_being_taken_does_not_hold_the_end()
    {
        _builder.Put(_place with { CurrentlyAttached = true });
        Load(new PoolOptions { AutoSnapshot = true });
        _pool!.Hold = (call, token) => call.StartsWith("VDI.snapshot", StringComparison.Ordinal)
            ? Task.Delay(Timeout.InfiniteTimeSpan, token)
            : Task.CompletedTask;
        Task<OpenDisk> opening = Entry("vms/web01").OpenAsync(_cache, Token);
        await EventuallyAsync(() => !_pool.Calls.IsEmpty);

        Task closing = CloseAsync();
        await EventuallyAsync(() => closing.IsCompleted, TimeSpan.FromSeconds(1));

        await closing;
        await Assert.ThrowsAsync<DiskException>(() => opening);
        Assert.Equal("disposed", _pool.Calls.Last());
        Assert.Contains(_log.Lines, line => line.Contains("the mount ended before the pool", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_dead_mount_left_is_not_waited_for()
    {
        VdiRecord left = _builder.Snapshot(_disk, Night);
        _builder.Put(left with
        {
            OtherConfig = new Dictionary<string, string>
            {
                [PoolOwner.OwnerKey] = (new FakeProcesses().Self with { Boot = "earlier" }).ToString(),
                [PoolOwner.SelfKey] = left.Ref.ToString(),
            },
        });
        Load(new PoolOptions(), pool => pool.Hold = NeverDestroy);
        await EventuallyAsync(() => _pool!.Calls.Any(IsDestroy));

        await CloseAsync().WaitAsync(Bound, Token);

        Assert.Equal("disposed", _pool!.Calls.Last());
        AssertLeft(left, "no time");
    }

    [Fact]
    public async Task A_disk_that_fails_to_close_keeps_neither_its_snapshot_nor_the_session_in_the_pool()
    {
        string directory = Directory.CreateTempSubdirectory("vdifs-run-").FullName;
        try
        {
            await OpenSnapshotAsync(new PoolOptions { AutoSnapshot = true, RuntimeDirectory = directory });
            Assert.Single(Directory.GetFiles(directory));
            _connector.CloseFailure = new InvalidOperationException("broken by the test");

            await Assert.ThrowsAsync<InvalidOperationException>(() => CloseAsync().WaitAsync(Bound, Token));

            Assert.DoesNotContain(_pool!.Database.Vdis.Values, vdi => vdi.IsASnapshot);
            Assert.Equal("disposed", _pool.Calls.Last());
            Assert.Empty(Directory.GetFiles(directory));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static bool IsDestroy(string call) => call.StartsWith("VDI.destroy", StringComparison.Ordinal);

    private static Task NeverDestroy(string call, CancellationToken cancellationToken) =>
        IsDestroy(call) ? Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken) : Task.CompletedTask;

    /// <summary>Opens the disk of the VM that runs.</summary>
    /// <returns>The snapshot that is read.</returns>
    private async Task<VdiRecord> OpenSnapshotAsync(PoolOptions? options = null)
    {
        _builder.Put(_place with { CurrentlyAttached = true });
        Load(options ?? new PoolOptions { AutoSnapshot = true });
        await Entry("vms/web01").OpenAsync(_cache, Token);
        return _pool!.Database.Vdis.Values.Single(vdi => vdi.SnapshotOf == _disk.Ref);
    }

    private void AssertLeft(VdiRecord snapshot, string reason) => Assert.Contains(
        _log.Lines,
        line => line.Contains($"snapshot {snapshot.Uuid}, ", StringComparison.Ordinal)
            && line.Contains("stays in the pool until the next mount", StringComparison.Ordinal)
            && line.Contains(reason, StringComparison.Ordinal));
}
