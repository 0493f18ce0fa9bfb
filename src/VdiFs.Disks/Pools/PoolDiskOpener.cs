using Microsoft.Extensions.Logging;
using VdiFs.Disks.Failover;
using VdiFs.Disks.Pools.Maps;
using VdiFs.Disks.Pools.Servers;
using VdiFs.Disks.Pools.Snapshots;
using VdiFs.Formats.Allocation;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools;

/// <summary>Opens a pool's disks: decides what is read in a disk's place, and by which map.</summary>
internal sealed class PoolDiskOpener(
    IPool pool,
    PoolMaps maps,
    SnapshotContent contents,
    AutoSnapshots snapshots,
    IPoolConnector connector,
    PoolOptions options,
    TimeProvider time,
    Random random,
    ILogger logger)
{
    /// <summary>
    /// How long a reader waits for the map of a disk that has tables: seconds are common, and for more than that the
    /// bytes, which do not depend on it, should not wait.
    /// </summary>
    private static readonly TimeSpan MapPatience = TimeSpan.FromSeconds(30);

    /// <summary>Opens a disk.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="onUnused">Told when the snapshot that was taken for it is not used any more.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="DiskException">It is gone, or in use and not to be read so, or no snapshot can be
    /// taken.</exception>
    public async Task<OpenedSource> OpenAsync(
        PoolDisk disk, Action<PoolDisk> onUnused, CancellationToken cancellationToken)
    {
        PoolDatabase database = pool.Database;
        disk.Begin(database);
        disk.Check(database);
        disk.ThrowIfRevoked();
        disk.Usage.Touch();
        VdiRecord vdi = VdiCheck.Find(disk.Vdi, disk.Name, database);
        VdiWriter? writer = VdiWriter.Of(vdi, database);
        if (!disk.IsWritten)
        {
            // What was written to once may have had a map before that is kept elsewhere.
            return await OpenAtRestAsync(disk, vdi, keep: disk.Changes == 0, onClosed: null, cancellationToken)
                .ConfigureAwait(false);
        }

        if (options.AutoSnapshot)
        {
            return await OpenSnapshotAsync(disk, vdi, onUnused, cancellationToken).ConfigureAwait(false);
        }

        return options.LiveDisks
            ? Connect(disk, vdi, isLive: true, onClosed: null)
            : throw new DiskException(
                DiskErrorKind.Unsupported,
                $"{disk.Name} is being written to by {writer?.Who ?? "a VM"}, so reading it would mix its states: "
                + $"take a snapshot (xe vdi-snapshot uuid={vdi.Uuid}) and read that, or mount with --auto-snapshot");
    }

    private async Task<OpenedSource> OpenSnapshotAsync(
        PoolDisk disk, VdiRecord vdi, Action<PoolDisk> onUnused, CancellationToken cancellationToken)
    {
        VdiRecord snapshot = await snapshots.TakeAsync(vdi, disk.Name, cancellationToken).ConfigureAwait(false);
        CancellationTokenSource closing = new();
        Task watch = Task.CompletedTask;
        async ValueTask EndAsync()
        {
            await closing.CancelAsync().ConfigureAwait(false);
            await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            closing.Dispose();
            await snapshots.DestroyAsync(snapshot.Ref, CancellationToken.None).ConfigureAwait(false);
        }

        try
        {
            OpenedSource source = snapshot.VirtualSizeBytes == vdi.VirtualSizeBytes
                ? await OpenAtRestAsync(disk, snapshot, keep: false, EndAsync, cancellationToken).ConfigureAwait(false)
                : throw new DiskException(
                    DiskErrorKind.Changed, $"{disk.Name} was resized while its snapshot was taken");
            // Only now: a host may take minutes to tell what is allocated, and all that while somebody waits for it.
            disk.Usage.Touch();
            watch = WatchAsync(disk, onUnused, closing.Token);
            return source;
        }
        catch
        {
            await EndAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits until nobody has used the disk for as long as its connections may be idle.</summary>
    private async Task WatchAsync(PoolDisk disk, Action<PoolDisk> onUnused, CancellationToken cancellationToken)
    {
        TimeSpan left = options.IdleTimeout;
        while (left > TimeSpan.Zero)
        {
            await Pause.ForAsync(left, time, cancellationToken).ConfigureAwait(false);
            left = disk.Usage.IsUsed || disk.Usage.IsSearched
                ? options.IdleTimeout
                : options.IdleTimeout - disk.Usage.IdleTime;
        }

        onUnused(disk);
    }

    private async Task<OpenedSource> OpenAtRestAsync(
        PoolDisk disk, VdiRecord vdi, bool keep, Func<ValueTask>? onClosed, CancellationToken cancellationToken)
    {
        OpenedSource source = Connect(disk, vdi, isLive: false, onClosed) with
        {
            Stored = keep ? contents.Of(vdi, disk, pool) : null,
        };
        MapRequest request = MapRequest.For(vdi, pool.Database);
        if (keep && maps.FindKept(vdi) is { } kept)
        {
            return source with { Map = kept, Origin = AllocationOrigin.Kept };
        }

        Func<CancellationToken, Task<AllocationMap>> ask = token => disk.Usage.SearchAsync(
            () => AskAsync(disk, vdi, request, keep, Timeout.InfiniteTimeSpan, token));
        if (request.IsCostly)
        {
            return source with { Origin = AllocationOrigin.Costly, FindPackingMap = ask };
        }

        try
        {
            return source with
            {
                Map = await AskAsync(disk, vdi, request, keep, MapPatience, cancellationToken).ConfigureAwait(false),
                Origin = AllocationOrigin.ExportHeader,
            };
        }
        catch (DiskException exception) when (disk.Revocation is null)
        {
            // The bytes do not depend on it. A packed file does: it is laid out when the map is found, or not at all,
            // since the same snapshot must give the same file every time.
            DisksLog.MapFailed(logger, disk.Name, exception.Message);
            return source with
            {
                Origin = AllocationOrigin.Failed,
                OriginNote = exception.Message,
                FindPackingMap = ask,
            };
        }
    }

    private async Task<AllocationMap> AskAsync(
        PoolDisk disk,
        VdiRecord vdi,
        MapRequest request,
        bool keep,
        TimeSpan patience,
        CancellationToken cancellationToken)
    {
        AllocationMap map = await maps.AskAsync(vdi, request, patience, cancellationToken).ConfigureAwait(false);
        // What came while the content became another may be of either.
        disk.ThrowUnlessSame(pool);
        if (keep)
        {
            maps.Keep(vdi, map);
            if (disk.Revocation is not null)
            {
                // Whoever revoked it may have come to forget before there was a file.
                maps.Forget(vdi);
            }
        }

        return map;
    }

    private OpenedSource Connect(PoolDisk disk, VdiRecord vdi, bool isLive, Func<ValueTask>? onClosed)
    {
        PoolServers servers = new(pool, vdi.Ref, disk.Name, options, time, random, logger);
        OpenedSource source = connector.Connect(servers, disk.Name, vdi.VirtualSizeBytes, isLive);
        return source with
        {
            Disk = new PoolDiskBytes(source.Disk, disk, vdi.Ref, pool, onClosed),
            Describe = () =>
            {
                SourceStatus status = source.Describe();
                return status with { Fault = status.Fault ?? disk.Revocation };
            },
        };
    }
}
