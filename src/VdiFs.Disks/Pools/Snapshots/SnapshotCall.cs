using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Snapshots;

/// <summary>
/// Takes a snapshot by way of a task of the pool, which goes on and keeps its result whatever becomes of this process
/// or of its connection: nobody has to hear the answer to find the snapshot.
/// </summary>
internal sealed class SnapshotCall(IPool pool, PoolOwner owner, TimeProvider time)
{
    /// <summary>As long as any call may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>How long the task of a call whose answer was lost may take to show; events come within a
    /// second.</summary>
    private static readonly TimeSpan AppearancePatience = TimeSpan.FromMinutes(1);

    /// <summary>Takes one.</summary>
    /// <param name="vdi">The disk.</param>
    /// <param name="cancellationToken">Leaves the snapshot to the next start of a mount.</param>
    /// <returns>The snapshot and its task, to be forgotten once the snapshot bears a mark of its own.</returns>
    /// <exception cref="XapiException">The pool does not take it, or does not tell in time.</exception>
    public async Task<(OpaqueRef Snapshot, OpaqueRef Task)> RunAsync(
        VdiRecord vdi, CancellationToken cancellationToken)
    {
        SnapshotMark mark = new(vdi.Uuid, Guid.NewGuid().ToString("N"));
        using CancellationTokenSource timer = new(Patience, time);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            OpaqueRef task = await StartAsync(vdi, mark, limit.Token).ConfigureAwait(false);
            TaskRecord ended = await FindAsync(
                tasks => tasks.GetValueOrDefault(task) is { } record && record.IsOver() ? record : null, limit.Token)
                .ConfigureAwait(false);
            return (await ConcludeAsync(ended).ConfigureAwait(false), task);
        }
        catch (OperationCanceledException cause) when (!cancellationToken.IsCancellationRequested)
        {
            throw new XapiException(
                XapiErrorKind.Timeout, $"the pool has not taken it within {Patience.TotalMinutes:0} minutes", cause);
        }
    }

    /// <summary>
    /// Removes the task: its snapshot is found without it. Never throws: the pool drops it in an hour.
    /// </summary>
    public async Task ForgetAsync(OpaqueRef task, CancellationToken cancellationToken)
    {
        try
        {
            await pool.DestroyTaskAsync(task, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is XapiException or OperationCanceledException)
        {
            // It is of no use to anybody, and does no harm.
        }
    }

    private async Task<OpaqueRef> StartAsync(VdiRecord vdi, SnapshotMark mark, CancellationToken cancellationToken)
    {
        try
        {
            return await pool.StartSnapshotAsync(vdi.Ref, mark.NotesFor(owner), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (XapiException lost) when (lost.Kind is XapiErrorKind.ConnectionLost or XapiErrorKind.Timeout)
        {
            // Whether the pool has heard it, its tasks tell.
            return await FindTaskAsync(mark, lost, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<OpaqueRef> FindTaskAsync(
        SnapshotMark mark, XapiException lost, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(AppearancePatience, time);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            TaskRecord task = await FindAsync(
                tasks => tasks.Values.FirstOrDefault(task => SnapshotMark.Of(task) == mark), limit.Token)
                .ConfigureAwait(false);
            return task.Ref;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new XapiException(lost.Kind, lost.Message, lost);
        }
    }

    private async Task<TaskRecord> FindAsync(
        Func<IReadOnlyDictionary<OpaqueRef, TaskRecord>, TaskRecord?> choose, CancellationToken cancellationToken)
    {
        while (true)
        {
            PoolDatabase database = pool.Database;
            if (choose(database.Tasks) is { } found)
            {
                return found;
            }

            await pool.WaitForChangeAsync(database, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<OpaqueRef> ConcludeAsync(TaskRecord task)
    {
        if (task.HasSucceeded())
        {
            return !task.ResultRef.IsNull
                ? task.ResultRef
                : throw new XapiException(XapiErrorKind.Protocol, "VDI.snapshot: its task tells no snapshot");
        }

        if (task.HasFailed())
        {
            await ForgetAsync(task.Ref, CancellationToken.None).ConfigureAwait(false);
        }

        throw pool.SnapshotFailure(task);
    }
}
