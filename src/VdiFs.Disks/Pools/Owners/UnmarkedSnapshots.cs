using Microsoft.Extensions.Logging;
using VdiFs.Disks.Pools.Snapshots;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Owners;

/// <summary>
/// Destroys snapshots whose mounts died before they could mark them. Which they are say the tasks that took them, and
/// nothing else: any other snapshot may be somebody's own.
/// </summary>
internal sealed class UnmarkedSnapshots(IPool pool, AutoSnapshots snapshots, TimeProvider time, ILogger logger)
{
    private const string Kind = "snapshot";

    /// <summary>A slow SR takes minutes; what takes longer is left to the next start.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromMinutes(10);

    /// <summary>Destroys what came of a dead mount's task, and the task.</summary>
    public async Task ReapAsync(TaskRecord task, SnapshotMark mark, CancellationToken cancellationToken)
    {
        if (!await WaitForEndAsync(task.Ref, cancellationToken).ConfigureAwait(false)
            || !pool.Database.Tasks.TryGetValue(task.Ref, out TaskRecord? ended))
        {
            return;
        }

        if (ended.HasSucceeded() && !await DestroyAsync(ended.ResultRef, cancellationToken).ConfigureAwait(false))
        {
            // The task stays, so that the next start knows what it was.
            return;
        }

        if (!ended.HasSucceeded() && !ended.HasFailed())
        {
            DisksLog.NotReaped(
                logger,
                Kind,
                $"of {mark.DiskUuid}",
                "its task was cancelled, as when XAPI restarts, and tells of none; vdifs doctor names what it may be");
            return;
        }

        try
        {
            await pool.DestroyTaskAsync(ended.Ref, cancellationToken).ConfigureAwait(false);
        }
        catch (XapiException exception)
        {
            DisksLog.NotReaped(logger, "task", ended.NameLabel, exception.Message);
        }
    }

    /// <summary>Whether it is gone, or never was.</summary>
    private async Task<bool> DestroyAsync(OpaqueRef snapshot, CancellationToken cancellationToken)
    {
        if (snapshot.IsNull)
        {
            return true;
        }

        PoolDatabase database = pool.Database;
        string name = database.Vdis.GetValueOrDefault(snapshot)?.Uuid ?? snapshot.ToString();
        if (database.Vdis.TryGetValue(snapshot, out VdiRecord? vdi) && !IsUntouched(vdi, database))
        {
            DisksLog.NotReaped(logger, Kind, name, "somebody has put it to use");
            return false;
        }

        DisksLog.Reaped(logger, Kind, name);
        return await snapshots.DestroyAsync(snapshot, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether nobody has made it his own since: given it to a VM, or made a disk of it.</summary>
    private static bool IsUntouched(VdiRecord vdi, PoolDatabase database) =>
        vdi.IsASnapshot
        && vdi.Vbds.All(vbd =>
            !database.Vbds.TryGetValue(vbd, out VbdRecord? found)
            || database.Vms.GetValueOrDefault(found.Vm) is null or { IsControlDomain: true });

    /// <summary>Whether the task has come to its end, or is no more.</summary>
    private async Task<bool> WaitForEndAsync(OpaqueRef task, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(EndPatience, time);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            while (pool.Database is var database
                && database.Tasks.TryGetValue(task, out TaskRecord? record)
                && !record.IsOver())
            {
                await pool.WaitForChangeAsync(database, limit.Token).ConfigureAwait(false);
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
