using Microsoft.Extensions.Logging;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Failover;
using VdiFs.Disks.Slots;
using VdiFs.Formats.Allocation;
using VdiFs.Nbd;

namespace VdiFs.Disks.Pools.Servers;

/// <summary>Reads a pool's disks over NBD, with one budget of connections for all of them.</summary>
internal sealed class NbdPoolConnector : IPoolConnector
{
    // 16 MiB at most, however many disks there are: the memory limit sets no more aside for them.
    private const int SecondAttemptsOfAll = 16;

    /// <summary>
    /// A host attaches the disk before it greets, which takes as long as this where it is slow: a second host that
    /// attaches it meanwhile trips over the first in the SR driver. One that refuses holds nobody up.
    /// </summary>
    private static readonly TimeSpan AttachPatience = TimeSpan.FromSeconds(45);

    /// <summary>
    /// A further host attaches the disk too, which costs seconds: only for those who read much, and not before the
    /// first one's own further connections are there.
    /// </summary>
    private static readonly TimeSpan SpreadPatience = TimeSpan.FromSeconds(5);

    private readonly NbdClientOptions _client;
    private readonly FailoverOptions _failover;
    private readonly bool _trustsStale;
    private readonly ILogger _logger;

    public NbdPoolConnector(CatalogOptions options, TimeProvider time, Random random, ILogger logger)
    {
        PoolOptions pool = options.Pool ?? new PoolOptions();
        _logger = logger;
        _trustsStale = pool.TrustStaleCertificates;
        _client = new NbdClientOptions { Connections = Math.Min(options.Connections, pool.HostConnections) };
        _failover = new FailoverOptions
        {
            ReadDeadline = options.ReadDeadline,
            ConnectStagger = AttachPatience,
            SaturatedFor = SpreadPatience,
            IdleTimeout = pool.IdleTimeout,
            HostSlots = new HostSlots(
                new HostSlotOptions { PerHost = pool.HostConnections, TimeProvider = time }),
            SecondAttemptsOfAll = new SemaphoreSlim(SecondAttemptsOfAll),
            TimeProvider = time,
            Random = random,
        };
    }

    public OpenedSource Connect(PoolServers servers, string name, long length, bool isLive)
    {
        // xapi-nbd never says that it takes several connections to a disk, though it does; two of a disk that changes
        // meanwhile could differ.
        NbdClientOptions client = _client with { AssumeMultiConnect = !isLive };
        return LazyNbdSource.Open(
            new PoolServerDirectory(servers, client, _trustsStale),
            name,
            new DiskExpectation(length, MayChange: isLive),
            AllocationMap.Full(length, AllocationMap.DefaultGranuleBytes),
            AllocationOrigin.None,
            _failover,
            _logger);
    }
}
