using Microsoft.Extensions.Logging;
using VdiFs.Formats.Allocation;

namespace VdiFs.Disks.Failover;

/// <summary>
/// Opens a disk of which everything is known but its bytes: nothing is connected until the first read, and again
/// nothing when nobody has read for <see cref="FailoverOptions.IdleTimeout"/>.
/// </summary>
internal static class LazyNbdSource
{
    /// <summary>Makes the disk; costs nothing.</summary>
    /// <param name="directory">Knows its servers.</param>
    /// <param name="name">What to call it in the log and in errors, without secrets.</param>
    /// <param name="expected">What is known of it.</param>
    /// <param name="map">Which of its bytes are worth reading; as long as the disk.</param>
    /// <param name="origin">Where the map comes from.</param>
    /// <param name="failover">Limits, clock and chance.</param>
    /// <param name="logger">Told of servers found and lost, and of each error that a reader gets.</param>
    public static OpenedSource Open(
        IServerDirectory directory,
        string name,
        DiskExpectation expected,
        AllocationMap map,
        AllocationOrigin origin,
        FailoverOptions failover,
        ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expected.Length, nameof(expected));
        FailoverDisk disk = FailoverDisk.Create(directory, name, expected, failover, logger);
        return new OpenedSource(disk, map, origin, () => NbdSource.Describe(disk))
        {
            Limit = NbdSource.LimitOf(failover),
        };
    }
}
