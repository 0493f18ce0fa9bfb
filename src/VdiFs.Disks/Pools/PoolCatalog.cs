using Microsoft.Extensions.Logging;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools.Maps;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Disks.Pools.Snapshots;
using VdiFs.Disks.Pools.Tasks;
using VdiFs.Disks.Pools.Tree;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools;

/// <summary>The disks of a XenServer or XCP-ng pool, as the pool has them from moment to moment.</summary>
internal sealed class PoolCatalog : IDiskCatalog
{
    /// <summary>Least time between two trees: events come in crowds, and each tree takes a pass over all
    /// disks.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(200);

    /// <summary>What failed once may fail each time: it is tried again, but does not fill the log.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(10);

    private readonly IPool _pool;
    private readonly CatalogOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AutoSnapshots _snapshots;
    private readonly PoolMaps _maps;
    private readonly PoolTasks _tasks;
    private readonly PoolDisks _disks;
    private readonly SessionNotes _notes;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _following;
    private readonly Task _reaping;
    private readonly Lock _gate = new();
    private PoolSecret? _noted;

    // Written with _gate held.
    private PoolIndex _index;
    private volatile CatalogVersion _version;

    /// <summary>Takes over a pool that is loaded.</summary>
    public PoolCatalog(
        IPool pool,
        IPoolConnector connector,
        CatalogOptions options,
        IProcessTable processes,
        TimeProvider time,
        Random random,
        ILogger logger)
    {
        PoolOptions poolOptions = options.Pool ?? new PoolOptions();
        _pool = pool;
        _options = options;
        _time = time;
        _logger = logger;
        MapStore? store = poolOptions.MapDirectory is { } directory
            ? new MapStore(directory, MapStore.DefaultMaximumBytes, time, logger)
            : null;
        _snapshots = new AutoSnapshots(pool, processes.Self, time, logger);
        _maps = new PoolMaps(pool, store, time, logger);
        _tasks = new PoolTasks(pool, processes.Self, time, logger);
        SnapshotContent contents = new(options.Store);
        PoolDiskOpener opener = new(pool, _maps, contents, _snapshots, connector, poolOptions, time, random, logger);
        void Forget(VdiRecord vdi)
        {
            _maps.Forget(vdi);
            contents.Forget(vdi);
        }

        _disks = new PoolDisks(
            pool, _tasks, Forget, options, time, logger, (disk, token) => opener.OpenAsync(disk, Renew, token));
        _notes = new SessionNotes(poolOptions.RuntimeDirectory, processes.Self, time, logger);
        _index = new PoolIndex(pool.Database);
        _disks.Update(_index);
        _version = Version(_index);
        NoteSession();
        PoolReaper reaper = new(pool, _notes, new OwnerJudge(processes), _snapshots, time, logger);
        _reaping = reaper.RunAsync(_closing.Token);
        _following = FollowAsync();
    }

    public string Source => _pool.Source;

    public IReadOnlyList<DiskEntry> Disks => _version.Disks;

    public CatalogFolder Root => _version.Root;

    public async Task WaitForChangeAsync(CatalogFolder seen, CancellationToken cancellationToken)
    {
        while (_version is { } version && version.Root == seen)
        {
            await version.Superseded.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _snapshots.EndSoon();
        await _closing.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _reaping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await _disks.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await EndSessionAsync().ConfigureAwait(false);
        }

        _snapshots.Dispose();
        _maps.Dispose();
        _closing.Dispose();
    }

    /// <summary>Whatever else fails, the session does not stay in the pool.</summary>
    private async Task EndSessionAsync()
    {
        try
        {
            await _tasks.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            // It logs out; only then is the note of no more use.
            await _pool.DisposeAsync().ConfigureAwait(false);
            _notes.Remove();
        }
    }

    private async Task FollowAsync()
    {
        // Off the constructor's thread.
        await Task.Yield();
        PoolDatabase seen = _index.Database;
        bool isBehind = false;
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await _pool.WaitForChangeAsync(seen, _closing.Token).ConfigureAwait(false);
                _disks.Check(_pool.Database);
                await Task.Delay(Gathering, _time, _closing.Token).ConfigureAwait(false);
                PoolDatabase database = _pool.Database;
                Follow(database, isBehind);
                seen = database;
                isBehind = false;
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                // The catalog is being closed.
            }
#pragma warning disable CA1031 // The top of the loop: the tree must not stand still for good.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                isBehind = true;
                DisksLog.PoolNotFollowed(_logger, _pool.Source, PauseAfterFailure, exception);
                await Task.Delay(PauseAfterFailure, _time, _closing.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <param name="database">What the pool has.</param>
    /// <param name="isBehind">Whether the tree may show less than the disks know already.</param>
    private void Follow(PoolDatabase database, bool isBehind)
    {
        NoteSession();
        PoolIndex index = new(database);
        if (_disks.Update(index) || isBehind || !_index.ShowsTheSame(index))
        {
            Publish(index);
        }
    }

    // Nothing has happened in the pool, but the tree has another disk in this one's place.
    private void Renew(PoolDisk disk)
    {
        _disks.Renew(disk);
        Publish(index: null);
    }

    private void Publish(PoolIndex? index)
    {
        CatalogVersion old;
        lock (_gate)
        {
            _index = index ?? _index;
            old = _version;
            _version = Version(_index);
        }

        old.Supersede();
    }

    private CatalogVersion Version(PoolIndex index)
    {
        PoolFolders folders = new(index, _options.MountTime, _disks.EntryOf);
        return new CatalogVersion(folders.Root(), [.. index.Vdis.Select(_disks.EntryOf).OfType<DiskEntry>()]);
    }

    // A new login means a new session to be cleared away after a crash.
    private void NoteSession()
    {
        PoolSecret session = _pool.Session;
        if (session != _noted)
        {
            _noted = session;
            _notes.Write(_pool.Database.Pool?.Uuid ?? "", session);
        }
    }

    /// <summary>The tree of one moment.</summary>
    private sealed class CatalogVersion(CatalogFolder root, IReadOnlyList<DiskEntry> disks)
    {
        private readonly TaskCompletionSource _superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CatalogFolder Root { get; } = root;

        public IReadOnlyList<DiskEntry> Disks { get; } = disks;

        public Task Superseded => _superseded.Task;

        public void Supersede() => _superseded.TrySetResult();
    }
}
