using Microsoft.Extensions.Logging;
using VdiFs.Disks.Servers;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// A disk that several servers have, or one that comes and goes. A read ends with its bytes, or with an error that
/// says what was tried: when its deadline has passed, when the servers agree that the range is bad, or when none has
/// the same disk any more. Owns its connections. Thread-safe.
/// </summary>
internal sealed partial class FailoverDisk : IDisk
{
    private readonly EndpointSet _servers;
    private readonly FailoverOptions _options;
    private readonly ContentFingerprint _fingerprint;
    private readonly ExportGuard _guard;
    private readonly SecondAttempts _seconds;
    private readonly LatencyTracker _latency;
    private readonly Backoff _serverErrorPauses;
    private readonly DiskActivity _activity;
    private readonly IdleCloser? _idleCloser;
    private readonly long? _knownLength;

    // A disk that is connected by its reads has no opening in which a wrong certificate would show.
    private readonly bool _isLazy;
    private readonly ILogger _logger;
    private volatile string? _lastError;

    private FailoverDisk(
        IServerDirectory directory, string name, DiskExpectation? expected, FailoverOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _knownLength = expected?.Length;
        _isLazy = expected is not null;
        _fingerprint = new ContentFingerprint(options.Random);
        _guard = new ExportGuard(_fingerprint, name, expected, logger);
        _activity = new DiskActivity(options.TimeProvider);
        _seconds = new SecondAttempts(options.SecondAttempts, options.SecondAttemptsOfAll);
        _latency = new LatencyTracker(options.AttemptTimeout);
        _serverErrorPauses = new Backoff(
            TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(500), options.Random);
        _servers = new EndpointSet(
            directory,
            name,
            (server, isSpare) => new Endpoint(server, Prepare, isSpare, _activity, options, logger),
            options with { Spreads = expected is not { MayChange: true } },
            logger);
        _idleCloser = options.IdleTimeout is { } idle
            ? new IdleCloser(_activity, idle, _servers.TryStandDown, options.TimeProvider)
            : null;
    }

    /// <summary>The export as every connection must find it; not before there was one.</summary>
    public NbdExport Export => _guard.Expected!;

    public long Length => _knownLength ?? Export.Length;

    /// <summary>Pages at fixed places, which tell most disks apart; none before there was a connection.</summary>
    public IReadOnlyList<Witness> FixedWitnesses => _fingerprint.Fixed;

    /// <summary>Open connections to all servers.</summary>
    public int ConnectionCount => _servers.ConnectionCount;

    /// <summary>Why nothing can be read any more; null while something may.</summary>
    public DiskException? Fault => _servers.Fault?.ToDiskException();

    /// <summary>The last error that a reader got, with its causes; null when there was none.</summary>
    public string? LastError => _lastError;

    /// <summary>Connects to one of the servers.</summary>
    /// <param name="servers">Their addresses, at least one; all have the same disk.</param>
    /// <param name="client">How each is connected to.</param>
    /// <param name="options">Limits.</param>
    /// <param name="logger">Told of servers found and lost, and of each error that a reader gets.</param>
    /// <param name="cancellationToken">Ends the attempt at once.</param>
    /// <exception cref="DiskException">Waiting does not help, or has not helped until the deadline.</exception>
    public static async Task<FailoverDisk> OpenAsync(
        IReadOnlyList<NbdUri> servers,
        NbdClientOptions client,
        FailoverOptions options,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        string name = servers[0].ExportName.Length == 0 ? "the default export" : servers[0].ExportName;
        FailoverDisk disk = new(
            new FixedServers(servers, client, options.Random),
            name,
            expected: null,
            options.FitToDeadline(),
            logger);
        try
        {
            await disk.OpenAsync(cancellationToken).ConfigureAwait(false);
            return disk;
        }
        catch
        {
            await disk.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// A disk whose length is known and whose servers are connected by the first read: opening it costs nothing.
    /// </summary>
    /// <param name="directory">Knows its servers.</param>
    /// <param name="name">What to call it in the log.</param>
    /// <param name="expected">What is known of it.</param>
    /// <param name="options">Limits.</param>
    /// <param name="logger">Told of servers found and lost, and of each error that a reader gets.</param>
    public static FailoverDisk Create(
        IServerDirectory directory,
        string name,
        DiskExpectation expected,
        FailoverOptions options,
        ILogger logger) => new(directory, name, expected, options.FitToDeadline(), logger);

    /// <summary>The servers as they are now.</summary>
    public IReadOnlyList<EndpointStatus> DescribeServers() => _servers.Describe();

    public async ValueTask ReadAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
    {
        Question question = new("read", diskOffset, destination.TotalLength(), _options.TimeProvider)
        {
            CanBeAlone = true,
        };
        await RunAsync(
            question,
            async (server, limit) =>
            {
                RacedRead read = new(_servers, _seconds, _latency, _options, _logger);
                await read.RunAsync(server, diskOffset, destination, question.IsAlone, limit).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        _seconds.Earn();
        _fingerprint.Offer(diskOffset, destination);
    }

    /// <summary>As <see cref="NbdClient.GetBlockStatusAsync"/>, from whichever server answers.</summary>
    /// <exception cref="DiskException">As for a read.</exception>
    public Task<IReadOnlyList<NbdExtent>> GetBlockStatusAsync(
        long diskOffset, long length, CancellationToken cancellationToken) =>
        RunAsync(
            new Question("block status", diskOffset, length, _options.TimeProvider),
            (server, limit) => AskBlockStatusAsync(server.Client, diskOffset, length, limit),
            cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _idleCloser?.Dispose();
        await _servers.DisposeAsync().ConfigureAwait(false);
        _seconds.Dispose();
    }

    private NbdClientOptions Prepare(NbdClientOptions client) => client with
    {
        Verify = _guard.VerifyAsync,
        TimeProvider = _options.TimeProvider,
        Random = _options.Random,
    };

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        AttemptHistory history = new(_options.TimeProvider);
        using CancellationTokenSource deadline = new(_options.ReadDeadline, _options.TimeProvider);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            Enter();
            await _servers.AcquireAsync(bytes: 0, failure => !failure.IsTransient, limit.Token).ConfigureAwait(false);
        }
        catch (NbdException exception)
        {
            throw exception.ToDiskException();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TimedOut("opening the disk", history);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Asks one server, and gives it up when it is silent, as for a read.</summary>
    private async Task<IReadOnlyList<NbdExtent>> AskBlockStatusAsync(
        NbdClient client, long diskOffset, long length, CancellationToken limit)
    {
        if (!client.Export.HasBaseAllocation)
        {
            // Size and content are those of the disk; how much a server tells of it is not compared.
            throw new NbdException(NbdErrorKind.ServerError, "the server tells no block status")
            {
                Errno = NbdErrno.NotSupported,
            };
        }

        Task<IReadOnlyList<NbdExtent>> answer = client.GetBlockStatusAsync(diskOffset, length, limit);
        while (!await answer.EndsWithinAsync(_options.AttemptTimeout / 6, _options.TimeProvider).ConfigureAwait(false))
        {
            client.DropSilentConnections(_options.SilenceLimit);
        }

        return await answer.ConfigureAwait(false);
    }
}
