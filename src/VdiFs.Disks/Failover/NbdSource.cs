using Microsoft.Extensions.Logging;
using VdiFs.Disks.Servers;
using VdiFs.Formats.Allocation;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>Opens the export of one or more NBD servers as a disk that survives them.</summary>
public static class NbdSource
{
    // A fetch that ends at its own deadline says better what went wrong than the read that waits for it.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    /// <summary>Connects to one of the servers and reads the disk's allocation.</summary>
    /// <param name="servers">Their addresses, at least one; all have the same disk.</param>
    /// <param name="client">How each is connected to; clock, chance and verification are set by this method.</param>
    /// <param name="failover">Limits, clock and chance.</param>
    /// <param name="logger">Told of servers found and lost, and of each error that a reader gets.</param>
    /// <param name="cancellationToken">Ends the attempt at once.</param>
    /// <exception cref="DiskException">No server has the disk, or none could be reached until the deadline.</exception>
    public static async Task<OpenedSource> OpenAsync(
        IReadOnlyList<NbdUri> servers,
        NbdClientOptions client,
        FailoverOptions failover,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        // One limit over all: connecting, the many questions about allocation, and the look at what is called zero.
        using CancellationTokenSource deadline = new(failover.ReadDeadline, failover.TimeProvider);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        FailoverDisk disk = await FailoverDisk.OpenAsync(servers, client, failover, logger, cancellationToken)
            .ConfigureAwait(false);
        try
        {
            (AllocationMap map, AllocationOrigin origin) =
                await ReadAllocationAsync(disk, logger, limit.Token).ConfigureAwait(false);
            return new OpenedSource(disk, map, origin, () => Describe(disk))
            {
                Limit = LimitOf(failover),
            };
        }
        catch (OperationCanceledException cause) when (!cancellationToken.IsCancellationRequested)
        {
            string? lastError = disk.LastError;
            await disk.DisposeAsync().ConfigureAwait(false);
            throw new DiskException(
                DiskErrorKind.Unreachable,
                $"opening {NbdUri.Join(servers)} was given up after {failover.ReadDeadline.TotalSeconds:0.#} s "
                + $"(--read-deadline): {lastError ?? "its servers did not tell in time what is allocated"}",
                cause);
        }
        catch
        {
            await disk.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>How the servers of a disk are now.</summary>
    internal static SourceStatus Describe(FailoverDisk disk) =>
        new(disk.ConnectionCount, disk.DescribeServers(), disk.LastError, disk.Fault);

    /// <summary>How long a read of such a disk may take in all.</summary>
    internal static ReadLimit LimitOf(FailoverOptions failover) =>
        new(failover.ReadDeadline + LastWords, failover.TimeProvider);

    private static async Task<(AllocationMap Map, AllocationOrigin Origin)> ReadAllocationAsync(
        FailoverDisk disk, ILogger logger, CancellationToken cancellationToken)
    {
        AllocationMap full = AllocationMap.Full(disk.Length, AllocationMap.DefaultGranuleBytes);
        if (!NbdAllocationReader.CanRead(disk.Export))
        {
            return (full, AllocationOrigin.None);
        }

        AllocationMap map = await NbdAllocationReader
            .ReadAsync(disk.Length, disk.GetBlockStatusAsync, cancellationToken).ConfigureAwait(false);
        long? finding = await AllocationAudit.FindDataInHolesAsync(disk, map, cancellationToken).ConfigureAwait(false);
        if (finding is not { } diskOffset)
        {
            return (map, AllocationOrigin.BlockStatus);
        }

        DisksLog.HolesHoldData(logger, disk.Export.Name, diskOffset);
        return (full, AllocationOrigin.Contradicted);
    }
}
