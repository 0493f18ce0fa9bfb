using Microsoft.Extensions.Logging;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools.Tasks;
using VdiFs.Disks.Pools.Tree;
using VdiFs.Formats;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools;

/// <summary>
/// The disks of a pool, each the same object as long as its content is the same. What is gone or has become another is
/// revoked at once, and closed when its last reader has left. Thread-safe.
/// </summary>
internal sealed class PoolDisks : IAsyncDisposable
{
    // RFC 9562, section 4: versions 1 to 5, variant 10. Readers of the images insist.
    private const int FirstVersion = 1;
    private const int LastVersion = 5;

    private readonly IPool _pool;
    private readonly PoolTasks _tasks;
    private readonly Action<VdiRecord> _forget;
    private readonly CatalogOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Func<PoolDisk, CancellationToken, Task<OpenedSource>> _open;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<OpaqueRef, PoolDisk> _disks = [];
    private readonly HashSet<Task> _closings = [];
    private readonly HashSet<PoolDisk> _leaving = [];
    private bool _isFirstUpdate = true;
    private int _changes;

    /// <param name="pool">The pool.</param>
    /// <param name="tasks">Shows readers in the pool.</param>
    /// <param name="forget">Told of snapshots that are written to.</param>
    /// <param name="options">The times that disks bear.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of disks that can be read no more.</param>
    /// <param name="open">Opens a disk.</param>
    public PoolDisks(
        IPool pool,
        PoolTasks tasks,
        Action<VdiRecord> forget,
        CatalogOptions options,
        TimeProvider time,
        ILogger logger,
        Func<PoolDisk, CancellationToken, Task<OpenedSource>> open)
    {
        _pool = pool;
        _tasks = tasks;
        _forget = forget;
        _options = options;
        _time = time;
        _logger = logger;
        _open = open;
    }

    /// <summary>The entry of a VDI; null when it is shown no more.</summary>
    public DiskEntry? EntryOf(VdiRecord vdi)
    {
        lock (_gate)
        {
            return _disks.GetValueOrDefault(vdi.Ref)?.Entry;
        }
    }

    /// <summary>Brings the disks up to what the pool has now; false when all stayed as they were.</summary>
    public bool Update(PoolIndex index)
    {
        bool changed = false;
        lock (_gate)
        {
            HashSet<OpaqueRef> gone = [.. _disks.Keys];
            foreach (VdiRecord vdi in index.Vdis)
            {
                gone.Remove(vdi.Ref);
                changed |= Update(vdi, index.Database);
            }

            _isFirstUpdate = false;

            foreach (OpaqueRef vdi in gone)
            {
                changed = true;
                _disks.Remove(vdi, out PoolDisk? disk);
                Retire(disk!, new DiskException(
                    DiskErrorKind.NotFound, $"{disk!.Name} was destroyed in the pool, or its data was"));
            }
        }

        return changed;
    }

    /// <summary>Revokes the disks whose content is no more what it was. Cheap; called with each news of the
    /// pool.</summary>
    public void Check(PoolDatabase database)
    {
        lock (_gate)
        {
            foreach (PoolDisk disk in _disks.Values)
            {
                disk.Check(database);
            }
        }
    }

    /// <summary>Takes a disk for another from now on, since what it showed comes to its end.</summary>
    public void Renew(PoolDisk disk)
    {
        lock (_gate)
        {
            if (_disks.GetValueOrDefault(disk.Vdi) != disk
                || !_pool.Database.Vdis.TryGetValue(disk.Vdi, out VdiRecord? vdi))
            {
                return;
            }

            _disks[disk.Vdi] = Make(vdi, disk.IsWritten, ++_changes);
            Retire(disk, new DiskException(
                DiskErrorKind.Changed, $"the snapshot of {disk.Name} was not used any more"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] closings;
        lock (_gate)
        {
            foreach (PoolDisk disk in _disks.Values.Concat(_leaving))
            {
                // Most of them were never opened and end at once.
                Close(disk);
            }

            _disks.Clear();
            _leaving.Clear();
            closings = [.. _closings];
        }

        await Task.WhenAll(closings).ConfigureAwait(false);
    }

    // The methods below are called with _gate held.

    private bool Update(VdiRecord vdi, PoolDatabase database)
    {
        bool isWritten = VdiWriter.Of(vdi, database) is not null;
        if (!_disks.TryGetValue(vdi.Ref, out PoolDisk? known))
        {
            // It may have been here before, and written to while it was not: then it is not what it was. A snapshot is.
            _disks[vdi.Ref] = Make(vdi, isWritten, _isFirstUpdate || vdi.IsASnapshot ? 0 : ++_changes);
            return true;
        }

        known.Check(database);
        if (known.IsSameContent(vdi, isWritten) && known.Revocation is null)
        {
            return false;
        }

        _disks[vdi.Ref] = Make(vdi, isWritten, ++_changes);
        Retire(known, new DiskException(
            DiskErrorKind.Changed, $"{known.Name} is not what it was: the VM was stopped, or it was resized"));
        return true;
    }

    private PoolDisk Make(VdiRecord vdi, bool isWritten, int changes)
    {
        if (vdi.IsASnapshot && (isWritten || changes > 0))
        {
            // A map from before would show what was written since as zeros, and a block as what it was, in this mount
            // or a later one.
            _forget(vdi);
        }

        PoolDiskUsage usage = new(_time, _tasks, () => PathOf(vdi));
        return new PoolDisk(vdi, isWritten, changes, IdentityOf(vdi, changes), _pool.Source, usage, _open);
    }

    private string PathOf(VdiRecord vdi)
    {
        PoolDatabase database = _pool.Database;
        return PoolPaths.Of(database.Vdis.GetValueOrDefault(vdi.Ref, vdi), database);
    }

    private DiskIdentity IdentityOf(VdiRecord vdi, int changes)
    {
        DateTimeOffset time =
            vdi.IsASnapshot && vdi.SnapshotTime > DateTimeOffset.UnixEpoch ? vdi.SnapshotTime
            : changes == 0 ? _options.SnapshotTime ?? _options.MountTime
            : _time.GetUtcNow();
        return Guid.TryParseExact(vdi.Uuid, "D", out Guid uuid)
            && uuid.Version is >= FirstVersion and <= LastVersion
            && (uuid.Variant & 0xC) == 0x8
            ? new DiskIdentity(uuid, time)
            : DiskIdentities.For($"{_pool.Database.Pool?.Uuid}/{vdi.Uuid}", time);
    }

    private void Retire(PoolDisk disk, DiskException reason)
    {
        disk.Revoke(reason);
        if (disk.Entry.Opened is not null)
        {
            DisksLog.DiskRetired(_logger, disk.Revocation!.Message);
        }

        // Whoever has a file of it open still gets what the cache has, and then the reason.
        _leaving.Add(disk);
        disk.Usage.OnUnused = () => Leave(disk);
        if (!disk.Usage.IsUsed)
        {
            Leave(disk);
        }
    }

    private void Leave(PoolDisk disk)
    {
        lock (_gate)
        {
            if (_leaving.Remove(disk))
            {
                Close(disk);
            }
        }
    }

    private void Close(PoolDisk disk)
    {
        Task closing = disk.Entry.DisposeAsync().AsTask();
        _closings.RemoveWhere(task => task.IsCompletedSuccessfully);
        if (!closing.IsCompletedSuccessfully)
        {
            _closings.Add(closing);
        }
    }
}
