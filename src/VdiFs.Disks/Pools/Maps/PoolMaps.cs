using Microsoft.Extensions.Logging;
using VdiFs.Formats.Allocation;
using VdiFs.Xapi;
using VdiFs.Xapi.Exports;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Maps;

/// <summary>
/// Finds out what is allocated on a pool's disks: from what was kept, else from the head of an export. An export
/// attaches the disk in a host's dom0 and detaches it minutes later, perhaps: only a few at once, and each is waited
/// for.
/// </summary>
internal sealed class PoolMaps(IPool pool, MapStore? store, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>
    /// Exports at once, of the whole pool: each is a task and an attached disk on one host. As many again may be costly
    /// ones: those take hours, which the others do not wait.
    /// </summary>
    private const int ExportsAtOnce = 2;

    /// <summary>An export whose tables are there at once still waits for its disk to be attached.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>A host reads 2 TiB in as long at 50 MB/s, before the first byte comes.</summary>
    private static readonly TimeSpan CostlyPatience = TimeSpan.FromHours(12);

    /// <summary>A disk still attached after so long is no longer waited for: reading it works all the same.</summary>
    private static readonly TimeSpan DetachPatience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _exports = new(ExportsAtOnce);
    private readonly SemaphoreSlim _costlyExports = new(ExportsAtOnce);

    /// <summary>The map of a VDI that was kept; null when there is none.</summary>
    public AllocationMap? FindKept(VdiRecord vdi) =>
        vdi.IsASnapshot && MapKey.Of(vdi) is { } key ? store?.TryLoad(key) : null;

    /// <summary>Keeps the map of a snapshot; of what may change, does nothing.</summary>
    public void Keep(VdiRecord vdi, AllocationMap map)
    {
        if (vdi.IsASnapshot && MapKey.Of(vdi) is { } key)
        {
            store?.Save(key, map);
        }
    }

    /// <summary>Lets what was kept of a VDI be found no more: it was written to.</summary>
    public void Forget(VdiRecord vdi)
    {
        if (MapKey.Of(vdi) is { } key)
        {
            store?.Delete(key);
        }
    }

    /// <summary>Asks the pool for the map of a VDI.</summary>
    /// <param name="vdi">The VDI; its content does not change meanwhile.</param>
    /// <param name="request">How.</param>
    /// <param name="patience">
    /// How long its turn and its answer are waited for; infinite for as long as it takes. What was begun by then is
    /// given up and cleared away, which takes its time as well.
    /// </param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="DiskException">The pool did not tell, or not believably, or not in time.</exception>
    public async Task<AllocationMap> AskAsync(
        VdiRecord vdi, MapRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(patience, time);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await TakeTurnAsync(vdi, request, limit.Token, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cause) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DiskException(
                DiskErrorKind.Unreachable,
                $"the pool does not tell within {patience.TotalSeconds:0} s what is allocated on VDI {vdi.Uuid}",
                cause);
        }
    }

    public void Dispose()
    {
        _exports.Dispose();
        _costlyExports.Dispose();
    }

    private async Task<AllocationMap> TakeTurnAsync(
        VdiRecord vdi, MapRequest request, CancellationToken limit, CancellationToken cancellationToken)
    {
        SemaphoreSlim turns = request.IsCostly ? _costlyExports : _exports;
        await turns.WaitAsync(limit).ConfigureAwait(false);
        try
        {
            HashSet<OpaqueRef> before = [.. AttachedInDom0(vdi.Ref, pool.Database)];
            try
            {
                return await ExportAsync(vdi, request, limit).ConfigureAwait(false);
            }
            finally
            {
                // Beyond the limit: the reader who waits no longer for the map is about to attach the disk.
                await WaitForDetachAsync(vdi.Ref, before, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<AllocationMap> ExportAsync(
        VdiRecord vdi, MapRequest request, CancellationToken cancellationToken)
    {
        string what = $"the pool does not tell what is allocated on VDI {vdi.Uuid}";
        try
        {
            ExportedAllocation exported = await pool.ReadAllocationAsync(
                new ExportRequest
                {
                    Vdi = vdi.Ref,
                    Format = request.IsQcow2 ? ExportFormat.Qcow2 : ExportFormat.Vhd,
                    VirtualSizeBytes = vdi.VirtualSizeBytes,
                    Deadline = request.IsCostly ? CostlyPatience : Patience,
                },
                cancellationToken).ConfigureAwait(false);
            return MapOf(exported, vdi.VirtualSizeBytes);
        }
        catch (XapiException exception)
        {
            throw exception.ToDiskException(what);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw new DiskException(
                DiskErrorKind.Unreachable, $"{what}: its tables do not fit the disk", exception);
        }
    }

    private static AllocationMap MapOf(ExportedAllocation exported, long length)
    {
        AllocationMapBuilder builder = new(length, exported.GranuleBytes);
        foreach ((long offset, long count) in exported.Extents)
        {
            builder.Mark(offset, count);
        }

        return builder.Build();
    }

    /// <summary>
    /// Waits until nothing that came after <paramref name="before"/> holds the disk in a dom0: two who attach it at
    /// once trip over each other in the SR driver.
    /// </summary>
    private async Task WaitForDetachAsync(
        OpaqueRef vdi, HashSet<OpaqueRef> before, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(DetachPatience, time);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            PoolDatabase database = pool.Database;
            while (AttachedInDom0(vdi, database).Any(place => !before.Contains(place)))
            {
                await pool.WaitForChangeAsync(database, limit.Token).ConfigureAwait(false);
                database = pool.Database;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            DisksLog.StillAttached(logger, vdi.ToString(), DetachPatience);
        }
    }

    private static IEnumerable<OpaqueRef> AttachedInDom0(OpaqueRef vdi, PoolDatabase database) =>
        database.Vdis.TryGetValue(vdi, out VdiRecord? record)
            ? record.Vbds.Where(place =>
                database.Vbds.TryGetValue(place, out VbdRecord? vbd)
                && vbd.CurrentlyAttached
                && database.Vms.TryGetValue(vbd.Vm, out VmRecord? vm)
                && vm.IsControlDomain)
            : [];
}
