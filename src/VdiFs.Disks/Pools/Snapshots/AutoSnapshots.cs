using System.Globalization;
using Microsoft.Extensions.Logging;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Snapshots;

/// <summary>Takes snapshots of disks that are in use, for as long as somebody reads them. Thread-safe.</summary>
internal sealed class AutoSnapshots(IPool pool, PoolOwner owner, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>A host detaches a disk some seconds after its last connection was closed, and slow ones
    /// minutes.</summary>
    private const int DestroyAttempts = 24;

    private static readonly TimeSpan DestroyPause = TimeSpan.FromSeconds(5);

    /// <summary>The pool's events bring a new VDI within a second; a pool that reloads takes longer.</summary>
    private static readonly TimeSpan AppearancePatience = TimeSpan.FromMinutes(1);

    /// <summary>
    /// What the end of the mount may take for all of them together; the rest is left to the next mount.
    /// </summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _end = new(Timeout.InfiniteTimeSpan, time);
    private readonly SnapshotCall _call = new(pool, owner, time);

    /// <summary>The mount ends: what cannot be destroyed soon is left.</summary>
    public void EndSoon() => _end.CancelAfter(EndPatience);

    public void Dispose() => _end.Dispose();

    /// <summary>Takes one.</summary>
    /// <param name="vdi">The disk.</param>
    /// <param name="name">The disk, for people.</param>
    /// <param name="cancellationToken">Gives it up; what was taken is destroyed again.</param>
    /// <returns>The snapshot, to be destroyed by the caller.</returns>
    /// <exception cref="DiskException">There is no room for one, or the pool does not take it.</exception>
    public async Task<VdiRecord> TakeAsync(VdiRecord vdi, string name, CancellationToken cancellationToken)
    {
        if (SnapshotRoom.RefusalFor(vdi, pool.Database) is { } refusal)
        {
            throw new DiskException(DiskErrorKind.Unsupported, $"no snapshot of {name} is taken: {refusal}");
        }

        (OpaqueRef Snapshot, OpaqueRef Task)? taken = null;
        try
        {
            // Once asked for it is seen through: a snapshot of which nobody has heard would stay for ever.
            (OpaqueRef snapshot, OpaqueRef task) = await _call.RunAsync(vdi, _end.Token).ConfigureAwait(false);
            taken = (snapshot, task);
            await MarkAsync(snapshot, vdi).ConfigureAwait(false);
            await _call.ForgetAsync(task, _end.Token).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            VdiRecord record = await FindAsync(snapshot, name, cancellationToken).ConfigureAwait(false);
            DisksLog.SnapshotTaken(logger, name, record.Uuid);
            return record;
        }
        catch (Exception exception)
        {
            if (taken is { } unwanted)
            {
                // The task stays with one that does: it may be all that the next start finds it by.
                if (await DestroyAsync(unwanted.Snapshot, CancellationToken.None).ConfigureAwait(false))
                {
                    await _call.ForgetAsync(unwanted.Task, _end.Token).ConfigureAwait(false);
                }
            }
            else if (exception is OperationCanceledException)
            {
                DisksLog.SnapshotUnknown(logger, name);
            }

            if (exception is XapiException refused)
            {
                throw refused.ToDiskException($"no snapshot of {name} can be taken");
            }

            throw;
        }
    }

    /// <summary>Destroys one, as soon as nobody holds it. Never throws: what stays is told, and reaped later.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="cancellationToken">Leaves it there.</param>
    /// <returns>Whether it is gone.</returns>
    public async Task<bool> DestroyAsync(OpaqueRef snapshot, CancellationToken cancellationToken)
    {
        string uuid = pool.Database.Vdis.GetValueOrDefault(snapshot)?.Uuid ?? snapshot.ToString();
        string reason = "there was no time left for it";
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                if (await TryDestroyAsync(snapshot, limit.Token).ConfigureAwait(false) is not { } failure)
                {
                    return true;
                }

                reason = failure.Message;
                if (!failure.IsTransient || attempt == DestroyAttempts)
                {
                    break;
                }

                await Task.Delay(DestroyPause, time, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Told below.
        }

        DisksLog.SnapshotLeft(logger, uuid, reason);
        return false;
    }

    /// <summary>Why it is still there; null when it is gone.</summary>
    private async Task<XapiException?> TryDestroyAsync(OpaqueRef snapshot, CancellationToken cancellationToken)
    {
        try
        {
            await pool.DestroyVdiAsync(snapshot, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (XapiException exception)
        {
            return exception.IsGone() ? null : exception;
        }
    }

    private async Task MarkAsync(OpaqueRef snapshot, VdiRecord vdi)
    {
        // These two first: they are what a later start finds it by when its task is gone.
        CancellationToken end = _end.Token;
        await pool.SetVdiNoteAsync(snapshot, PoolOwner.SelfKey, snapshot.ToString(), end).ConfigureAwait(false);
        await pool.SetVdiNoteAsync(snapshot, PoolOwner.OwnerKey, owner.ToString(), end).ConfigureAwait(false);
        string created = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        await pool.SetVdiNoteAsync(snapshot, PoolOwner.CreatedKey, created, end).ConfigureAwait(false);
        await pool.AddVdiTagAsync(snapshot, PoolOwner.Tag, end).ConfigureAwait(false);
        await pool.SetVdiNameAsync(snapshot, $"VdiFs: {vdi.NameLabel}", end).ConfigureAwait(false);
    }

    private async Task<VdiRecord> FindAsync(OpaqueRef snapshot, string name, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(AppearancePatience, time);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            while (true)
            {
                PoolDatabase database = pool.Database;
                if (database.Vdis.TryGetValue(snapshot, out VdiRecord? record))
                {
                    return record;
                }

                await pool.WaitForChangeAsync(database, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DiskException(
                DiskErrorKind.Unreachable, $"the pool took a snapshot of {name} and does not show it");
        }
    }
}
