using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Servers;
using VdiFs.Disks.Pools.Tasks;
using VdiFs.Formats;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>A pool that has too much to do (TOO_MANY_PENDING_TASKS) is asked again, or done without.</summary>
public sealed class BusyPoolTests : IAsyncDisposable
{
    private const long FileLength = 100L << 20;
    private const int Step = 1 << 20;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly PoolBuilder _builder = new();
    private readonly ManualClock _clock = new();
    private readonly BlockCache _cache = new(new BlockCacheOptions { CapacityBytes = 64 << 20 });
    private readonly HostRecord _host;
    private readonly VdiRecord _disk;
    private readonly VbdRecord _place;
    private PoolCatalog? _catalog;

    public BusyPoolTests()
    {
        _host = _builder.Host("one", "10.0.0.1");
        _builder.Pif(_host, _builder.Network("storage", "nbd"), "10.0.0.1");
        _builder.Certificate(_host, new string('a', 64));
        _disk = _builder.Vdi(_builder.Sr("store", hosts: _host), "root");
        _place = _builder.Attach(_builder.Vm("web01", vm => vm with { ResidentOn = _host.Ref }), _disk, "0");
    }

    public async ValueTask DisposeAsync()
    {
        if (_catalog is not null)
        {
            await _catalog.DisposeAsync().AsTask().WaitAsync(Bound);
        }

        _cache.Dispose();
    }

    [Fact]
    public async Task Its_servers_are_found_by_its_records()
    {
        FakePool pool = Busy("VDI.get_nbd_info");

        IReadOnlyList<PoolServer> servers = await new PoolServers(
            pool, _disk.Ref, "disk", new PoolOptions(), _clock, new Random(1), NullLogger.Instance).FindAsync(Token);

        Assert.Equal("10.0.0.1", Assert.Single(servers).Address);
    }

    [Theory]
    [InlineData("task.create")]
    [InlineData("task.add_to_other_config")]
    [InlineData("task.set_status")]
    [InlineData("task.destroy")]
    public async Task A_reader_reads_on_and_its_task_is_told_later(string call)
    {
        FakePool pool = Busy(call);
        await using PoolTasks tasks = new(pool, new FakeProcesses().Self, _clock, NullLogger.Instance);
        PoolDiskUsage usage = new(_clock, tasks, () => "vms/web01/0-root")
        {
            Entry = new DiskEntry(
                "", "", new DiskIdentity(Guid.NewGuid(), DateTimeOffset.UnixEpoch), FileLength,
                _ => throw new InvalidOperationException("nobody opens it")),
        };
        usage.Opened("disk.raw");
        for (long offset = 0; offset < FileLength; offset += Step)
        {
            usage.Reading("disk.raw", FileLength, offset, Step);
        }

        await UntilAsync(() => pool.Calls.Any(one => one.StartsWith("task.create", StringComparison.Ordinal)));
        if (call is "task.set_status" or "task.destroy")
        {
            usage.Released("disk.raw");
        }

        await UntilAsync(() => Asked(pool, call) >= 3);
        pool.Fail = _ => null;
        await UntilAsync(() => !pool.Database.Tasks.IsEmpty || call == "task.destroy");
        if (call is not ("task.set_status" or "task.destroy"))
        {
            usage.Released("disk.raw");
        }

        await UntilAsync(() => pool.Calls.Contains("task.set_status success") && pool.Database.Tasks.IsEmpty);
    }

    [Fact]
    public async Task A_snapshot_that_it_does_not_take_is_an_error_with_the_reason()
    {
        FakePool pool = Busy("VDI.snapshot");
        DiskEntry entry = Load(pool);

        DiskException error = await Assert.ThrowsAsync<DiskException>(() => entry.OpenAsync(_cache, Token));

        Assert.Equal(DiskErrorKind.Unreachable, error.Kind);
        Assert.Contains(XapiCodes.TooManyPendingTasks, error.Message, StringComparison.Ordinal);
        pool.Fail = _ => null;
        Assert.NotNull(await entry.OpenAsync(_cache, Token));
    }

    [Theory]
    [InlineData("VDI.add_to_other_config")]
    [InlineData("VDI.add_tags")]
    [InlineData("VDI.set_name_label")]
    public async Task A_snapshot_that_it_does_not_mark_is_destroyed_again(string call)
    {
        FakePool pool = Busy(call);
        DiskEntry entry = Load(pool);

        await Assert.ThrowsAsync<DiskException>(() => entry.OpenAsync(_cache, Token));

        Assert.Equal(1, Asked(pool, "VDI.snapshot"));
        Assert.Equal(1, Asked(pool, "VDI.destroy"));
        Assert.DoesNotContain(pool.Database.Vdis.Values, vdi => vdi.IsASnapshot);
    }

    [Fact]
    public async Task A_snapshot_that_it_does_not_destroy_is_destroyed_later()
    {
        FakePool pool = Busy("VDI.destroy");
        DiskEntry entry = Load(pool);
        await entry.OpenAsync(_cache, Token);

        // Nobody has the file open: it is idle from the beginning.
        await UntilAsync(() => Asked(pool, "VDI.destroy") >= 3);
        Assert.Contains(pool.Database.Vdis.Values, vdi => vdi.IsASnapshot);
        pool.Fail = _ => null;
        await UntilAsync(() => !pool.Database.Vdis.Values.Any(vdi => vdi.IsASnapshot));
    }

    [Fact]
    public async Task A_snapshot_that_somebody_else_has_destroyed_is_not_asked_for_again()
    {
        FakePool pool = new(_builder.Database);
        DiskEntry entry = Load(pool);
        await entry.OpenAsync(_cache, Token);
        pool.Fail = call => call.StartsWith("VDI.destroy", StringComparison.Ordinal)
            ? FakePool.Refusal(XapiCodes.HandleInvalid)
            : null;

        await UntilAsync(() => Asked(pool, "VDI.destroy") >= 1);
        await _catalog!.DisposeAsync().AsTask().WaitAsync(Bound, Token);

        _catalog = null;
        Assert.Equal(1, Asked(pool, "VDI.destroy"));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static int Asked(FakePool pool, string call) =>
        pool.Calls.Count(one => one.StartsWith(call, StringComparison.Ordinal));

    /// <summary>A pool that has too much to do for one kind of call.</summary>
    private FakePool Busy(string call) => new(_builder.Database)
    {
        Fail = one => one.StartsWith(call, StringComparison.Ordinal)
            ? FakePool.Refusal(XapiCodes.TooManyPendingTasks)
            : null,
    };

    /// <summary>The disk of a running VM, which is read through snapshots.</summary>
    private DiskEntry Load(FakePool pool)
    {
        _builder.Put(_place with { CurrentlyAttached = true });
        pool.Change(_ => _builder.Database);
        _catalog = new PoolCatalog(
            pool,
            new FakeConnector(),
            new CatalogOptions
            {
                MountTime = DateTimeOffset.UnixEpoch, Pool = new PoolOptions { AutoSnapshot = true },
            },
            new FakeProcesses(),
            _clock,
            new Random(1),
            NullLogger.Instance);
        return _catalog.Disks.Single(entry => entry.Identity.Uuid.ToString() == _disk.Uuid);
    }

    private async Task UntilAsync(Func<bool> isSo)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(Token);
        bound.CancelAfter(Bound);
        while (!isSo())
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, bound.Token);
        }
    }
}
