using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Store;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>A test with a catalog of a pool that does what the test says: one VM with one disk at first.</summary>
public abstract class PoolCatalogTest : IAsyncDisposable
{
    private protected static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private protected static readonly DateTimeOffset MountTime = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private protected static readonly DateTimeOffset Night = new(2025, 12, 31, 1, 0, 0, TimeSpan.Zero);

    private protected readonly PoolBuilder _builder = new();
    private protected readonly ManualClock _clock = new();
    private protected readonly FakeConnector _connector = new();
    private protected readonly LogLines _log = new();
    private protected readonly BlockCache _cache = new(new BlockCacheOptions { CapacityBytes = 64 << 20 });
    private protected readonly SrRecord _sr;
    private protected readonly VmRecord _vm;
    private protected readonly VdiRecord _disk;
    private protected readonly VbdRecord _place;
    private protected FakePool? _pool;
    private protected PoolCatalog? _catalog;

    // Where blocks are kept in files; owned by the test that wants it.
    private protected BlockStore? _store;

    protected PoolCatalogTest()
    {
        HostRecord host = _builder.Host("one", "10.0.0.1");
        _sr = _builder.Sr("store", hosts: host);
        _vm = _builder.Vm("web01", vm => vm with { ResidentOn = host.Ref });
        _disk = _builder.Vdi(_sr, "root");
        _place = _builder.Attach(_vm, _disk, "0");
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_catalog is not null)
        {
            await CloseAsync().WaitAsync(Bound);
        }

        _cache.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected static async Task ReadAsync(OpenDisk disk, long offset)
    {
        byte[] bytes = new byte[4096];
        await disk.Meter.ReadAsync(offset, [bytes], Token);
        Assert.All(bytes, value => Assert.Equal(1, value));
    }

    private protected PoolCatalog Load(PoolOptions? options = null, Action<FakePool>? prepare = null)
    {
        _pool = new FakePool(_builder.Database);
        FakeProcesses processes = new();
        processes.Living[processes.Self.Pid] = processes.Self.StartTicks;
        prepare?.Invoke(_pool);
        return _catalog = new PoolCatalog(
            _pool,
            _connector,
            new CatalogOptions { MountTime = MountTime, Pool = options, Store = _store },
            processes,
            _clock,
            new Random(1),
            _log);
    }

    /// <summary>Closes the catalog; once only.</summary>
    private protected Task CloseAsync()
    {
        PoolCatalog catalog = _catalog!;
        _catalog = null;
        return catalog.DisposeAsync().AsTask();
    }

    /// <summary>Lets the pool become another, and waits for the tree that shows it.</summary>
    private protected async Task ChangeAsync(Action change, bool changesTree = true)
    {
        CatalogFolder seen = _catalog!.Root;
        change();
        _pool!.Change(_ => _builder.Database);
        if (changesTree)
        {
            Task changed = _catalog.WaitForChangeAsync(seen, Token);
            await EventuallyAsync(() => changed.IsCompleted, TimeSpan.FromMilliseconds(200));
        }
    }

    /// <summary>Lets following fail, and rest until the clock goes on.</summary>
    private protected async Task BreakFollowingAsync()
    {
        _pool!.Breakdown = new InvalidOperationException("broken by the test");
        _pool.Change(now => now with { });
        await EventuallyAsync(() => _pool.Breakdown is null, TimeSpan.FromMilliseconds(200));
    }

    private protected async Task PassAsync(TimeSpan time, TimeSpan step)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += step)
        {
            _clock.Advance(step);
            await Task.Delay(1, Token);
        }
    }

    /// <summary>Waits, and lets the clock run meanwhile, until something is so.</summary>
    private protected async Task EventuallyAsync(Func<bool> isSo, TimeSpan step = default)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(Token);
        bound.CancelAfter(Bound);
        while (!isSo())
        {
            _clock.Advance(step);
            await Task.Delay(1, bound.Token);
        }
    }

    private protected DiskEntry Entry(string folder) => Folder(folder).Content.Disks
        .Single(disk => disk.Entry.Identity.Uuid.ToString() == _disk.Uuid).Entry;

    private protected DiskEntry EntryOf(VdiRecord vdi) =>
        _catalog!.Disks.Single(disk => disk.Identity.Uuid.ToString() == vdi.Uuid);

    private protected CatalogFolder Folder(string path) => path.Split('/').Aggregate(
        _catalog!.Root, (folder, name) => folder.Content.Folders.Single(child => child.Name == name));
}
