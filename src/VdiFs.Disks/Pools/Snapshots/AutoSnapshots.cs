using System.Globalization;
using Microsoft.Extensions.Logging;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Snapshots;

/// <summary>Takes snapshots of disks that are in use, for as long as somebody reads them. Thread-safe.</summary>
internal sealed class AutoSnapshots(IPool pool, PoolOwner owner, TimeProvider time, ILogger logger)
{
    /// <summary>A host detaches a disk some seconds after its last connection was closed, and slow ones
    /// minutes.</summary>
    private const int DestroyAttempts = 24;

    private static readonly TimeSpan DestroyPause = TimeSpan.FromSeconds(5);

    /// <summary>The pool's events bring a new VDI within a second; a pool that reloads takes longer.</summary>
    private static readonly TimeSpan AppearancePatience = TimeSpan.FromMinutes(1);

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

        OpaqueRef? taken = null;
        try
        {
            // Once asked for it is seen through: a snapshot of which nobody has heard would stay for ever.
            OpaqueRef snapshot = await pool.SnapshotAsync(vdi.Ref, CancellationToken.None).ConfigureAwait(false);
            taken = snapshot;
            await MarkAsync(snapshot, vdi).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            VdiRecord record = await FindAsync(snapshot, name, cancellationToken).ConfigureAwait(false);
            DisksLog.SnapshotTaken(logger, name, record.Uuid);
            return record;
        }
        catch (Exception exception)
        {
            if (taken is { } unwanted)
            {
                await DestroyAsync(unwanted).ConfigureAwait(false);
            }

            if (exception is XapiException refused)
            {
                throw refused.ToDiskException($"no snapshot of {name} can be taken");
            }

            throw;
        }
    }

    /// <summary>Destroys one, as soon as nobody holds it. Never throws: what stays is told, and reaped later.</summary>
    public async Task DestroyAsync(OpaqueRef snapshot)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await pool.DestroyVdiAsync(snapshot, CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (XapiException exception) when (exception.IsGone())
            {
                return;
            }
            catch (XapiException exception) when (exception.IsTransient && attempt < DestroyAttempts)
            {
                await Task.Delay(DestroyPause, time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (XapiException exception)
            {
                DisksLog.SnapshotLeft(logger, snapshot.ToString(), exception.Message);
                return;
            }
        }
    }

    private async Task MarkAsync(OpaqueRef snapshot, VdiRecord vdi)
    {
        // These two first: they are what a later start finds it by.
        await pool.SetVdiNoteAsync(snapshot, PoolOwner.SelfKey, snapshot.ToString(), CancellationToken.None)
            .ConfigureAwait(false);
        await pool.SetVdiNoteAsync(snapshot, PoolOwner.OwnerKey, owner.ToString(), CancellationToken.None)
            .ConfigureAwait(false);
        string created = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        await pool.SetVdiNoteAsync(snapshot, PoolOwner.CreatedKey, created, CancellationToken.None)
            .ConfigureAwait(false);
        await pool.AddVdiTagAsync(snapshot, PoolOwner.Tag, CancellationToken.None).ConfigureAwait(false);
        await pool.SetVdiNameAsync(snapshot, $"VdiFs: {vdi.NameLabel}", CancellationToken.None).ConfigureAwait(false);
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
