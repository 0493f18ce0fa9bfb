using Microsoft.Extensions.Logging;
using VdiFs.Disks.Pools.Snapshots;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Owners;

/// <summary>
/// Clears away what mounts that died left in a pool: their sessions, tasks and snapshots. What a living mount holds, or
/// one of another machine, is not touched.
/// </summary>
internal sealed class PoolReaper(
    IPool pool,
    SessionNotes notes,
    OwnerJudge judge,
    AutoSnapshots snapshots,
    TimeProvider time,
    ILogger logger)
{
    private const string Pending = "pending";
    private const string Cancelled = "cancelled";

    private readonly UnmarkedSnapshots _unmarked = new(pool, snapshots, time, logger);

    /// <summary>Clears all that is there now.</summary>
    /// <param name="cancellationToken">Ends it; the next start goes on.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        PoolDatabase database = pool.Database;
        foreach (DeadSession dead in notes.FindDead(database.Pool?.Uuid ?? "", judge))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await TryAsync("a session", "", () => pool.LogoutAsync(dead.Session, cancellationToken))
                .ConfigureAwait(false))
            {
                notes.Forget(dead);
            }
        }

        ILookup<SnapshotMark?, TaskRecord> tasks =
            database.Tasks.Values.Where(task => IsDead(PoolOwner.Of(task))).ToLookup(SnapshotMark.Of);
        foreach (TaskRecord task in tasks[null])
        {
            cancellationToken.ThrowIfCancellationRequested();
            await TryAsync("task", task.NameLabel, () => DestroyAsync(task, cancellationToken)).ConfigureAwait(false);
        }

        foreach (VdiRecord vdi in database.Vdis.Values.Where(vdi => IsDead(PoolOwner.Of(vdi))))
        {
            cancellationToken.ThrowIfCancellationRequested();
            DisksLog.Reaped(logger, "snapshot", vdi.Uuid);
            await snapshots.DestroyAsync(vdi.Ref, cancellationToken).ConfigureAwait(false);
        }

        // Last, because one that is still being taken is waited for.
        foreach (IGrouping<SnapshotMark?, TaskRecord> taken in tasks)
        {
            foreach (TaskRecord task in taken.Where(_ => taken.Key is not null))
            {
                await _unmarked.ReapAsync(task, taken.Key!, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private bool IsDead(PoolOwner? owner) => owner is not null && judge.IsDead(owner);

    private async Task DestroyAsync(TaskRecord task, CancellationToken cancellationToken)
    {
        if (task.Status == Pending)
        {
            // A pending task cannot be destroyed, only marked.
            await pool.SetTaskStatusAsync(task.Ref, Cancelled, cancellationToken).ConfigureAwait(false);
        }

        await pool.DestroyTaskAsync(task.Ref, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> TryAsync(string kind, string name, Func<Task> clear)
    {
        try
        {
            await clear().ConfigureAwait(false);
            DisksLog.Reaped(logger, kind, name);
            return true;
        }
        catch (XapiException exception)
        {
            // Gone already, most likely; else there is another start.
            DisksLog.NotReaped(logger, kind, name, exception.Message);
            return false;
        }
    }
}
