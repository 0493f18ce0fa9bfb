using Microsoft.Extensions.Logging;
using VdiFs.Disks.Servers;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// A disk that several servers have, or one that comes and goes. A read ends with its bytes, or with an error that
/// says what was tried: when its deadline has passed, when the servers agree that the range is bad, or when none has
/// the same disk any more. Owns its connections. Thread-safe.
/// </summary>
internal sealed class FailoverDisk : IDisk
{
    /// <summary>A server that breaks the protocol on the same read so often will do so again.</summary>
    private const int ProtocolErrorAttempts = 3;

    /// <summary>A read under which so many connections of one client ended may well be what ends them.</summary>
    private const int ConnectionAttempts = 3;

    /// <summary>
    /// A server that hangs up so often under the same read and nothing else, having delivered the pages by which its
    /// disk is recognised each time, does so because of that read: xapi-nbd (OK, then the end) and qemu-nbd 7.2 (the
    /// end) have no other answer to a bad sector.
    /// </summary>
    private const int HangUpAttempts = 3;

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
    private readonly ILogger _logger;
    private volatile string? _lastError;

    private FailoverDisk(
        IServerDirectory directory, string name, DiskExpectation? expected, FailoverOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _knownLength = expected?.Length;
        _fingerprint = new ContentFingerprint(options.Random);
        _guard = new ExportGuard(_fingerprint, name, expected, logger);
        _activity = new DiskActivity(options.TimeProvider);
        _seconds = new SecondAttempts(options.SecondAttempts, options.SecondAttemptsOfAll);
        _latency = new LatencyTracker(options.AttemptTimeout);
        _serverErrorPauses = new Backoff(
            TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(500), options.Random);
        _servers = new EndpointSet(
            directory, name, server => new Endpoint(server, Prepare, _activity, options, logger), options, logger);
        _idleCloser = options.IdleTimeout is { } idle
            ? new IdleCloser(_activity, idle, _servers.TryStandDown, options.TimeProvider)
            : null;
    }

    /// <summary>The export as every connection must find it; not before there was one.</summary>
    public NbdExport Export => _guard.Expected!;

    public long Length => _knownLength ?? Export.Length;

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
            new FixedServers(servers, client), name, expected: null, options.FitToDeadline(), logger);
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
        Question question = new("read", diskOffset, TotalLength(destination), _options.TimeProvider);
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
            await _servers.AcquireAsync(isOpening: true, limit.Token).ConfigureAwait(false);
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

    /// <summary>
    /// Asks again and again, elsewhere where possible, until there is an answer or no more sense in it.
    /// </summary>
    private async Task<T> RunAsync<T>(
        Question question, Func<Connected, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(_options.ReadDeadline, _options.TimeProvider);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        Enter();
        try
        {
            while (true)
            {
                Connected server = await ChooseAsync(question, limit.Token).ConfigureAwait(false);
                try
                {
                    T answer = await ask(server, limit.Token).ConfigureAwait(false);
                    server.Endpoint.Delivered();
                    return answer;
                }
                catch (NbdException exception)
                {
                    question.History.Add($"{server.Endpoint.Address}: {exception.Message}");
                    await ReactAsync(question, server, exception, limit.Token).ConfigureAwait(false);
                }
                catch (ObjectDisposedException exception)
                {
                    // It stood down for another server at this very moment.
                    question.History.Add($"{server.Endpoint.Address}: {exception.Message}");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TimedOut(question.ToString(), question.History);
        }
        catch (NbdException hopeless)
        {
            throw Failed(hopeless.ToDiskException());
        }
        finally
        {
            Leave();
        }
    }

    private void Enter()
    {
        _activity.Enter();
        _idleCloser?.Watch();
    }

    private void Leave() => _activity.Leave();

    private async ValueTask<Connected> ChooseAsync(Question question, CancellationToken limit)
    {
        try
        {
            return question.Refusers.Count > 0
                && await _servers.TryAcquireOtherAsync(question.Refusers, limit).ConfigureAwait(false) is { } other
                ? other
                : await _servers.AcquireAsync(isOpening: false, limit).ConfigureAwait(false);
        }
        catch (DiskException verdict)
        {
            string tried = question.History.Count == 0 ? "" : $"; before that: {question.History}";
            throw Failed(new DiskException(verdict.Kind, $"{question} failed: {verdict.Message}{tried}", verdict));
        }
    }

    private async Task ReactAsync(
        Question question, Connected server, NbdException exception, CancellationToken limit)
    {
        if (exception.Kind != NbdErrorKind.ServerError || exception.Errno == NbdErrno.Shutdown)
        {
            JudgeHangUp(question, exception);
            if (exception.Kind == NbdErrorKind.ConnectionLost
                && _servers.Count == 1
                && server.Client.IsAlive
                && ++question.ConnectionsLost < ConnectionAttempts)
            {
                // It has other connections, with other reads on them, and replaces the one that it lost. Where there
                // are other servers the next answer comes sooner from one of those.
                return;
            }

            server.Endpoint.Lost(server.Client, exception);
            if (exception.Kind == NbdErrorKind.Protocol)
            {
                question.Refusers.Add(server.Endpoint);
                if (++question.ProtocolErrors >= Math.Max(ProtocolErrorAttempts, _servers.Count))
                {
                    throw Failed(new DiskException(
                        DiskErrorKind.Unreachable, $"{question} failed: {question.History}", exception));
                }
            }

            return;
        }

        // A server's error is about the range, not about the connection.
        bool isFirstOfServer = question.Refusers.Add(server.Endpoint);
        int attempts = exception.IsTransient ? Math.Max(_options.ServerErrorAttempts, _servers.Count) : _servers.Count;
        if (++question.ServerErrors >= attempts)
        {
            throw Failed(new DiskException(
                DiskErrorKind.ReadFailed, $"{question} failed: {question.History}", exception));
        }

        if (!isFirstOfServer || question.Refusers.Count == _servers.Count)
        {
            question.Refusers.Clear();
            TimeSpan pause = _serverErrorPauses.After(question.ServerErrors);
            await Task.Delay(pause, _options.TimeProvider, limit).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Finds out whether a server hangs up because of this question: from the first time on it is asked alone, so that
    /// those beside it are not blamed, nor lost with it again.
    /// </summary>
    private void JudgeHangUp(Question question, NbdException exception)
    {
        if (!exception.IsHangUp)
        {
            return;
        }

        if (question.IsAlone && ++question.HangUps >= Math.Max(HangUpAttempts, _servers.Count))
        {
            throw Failed(new DiskException(
                DiskErrorKind.ReadFailed,
                $"{question} failed: its servers close the connection at it, {question.HangUps} times while they were "
                + $"asked for nothing else: {question.History}",
                exception));
        }

        question.IsAlone = true;
    }

    private DiskException TimedOut(string what, AttemptHistory history)
    {
        string causes = string.Join(
            "; ", _servers.Describe().Where(server => server.LastFailure is not null)
                .Select(server => $"{server.Address} is {server.State}, it last failed with: {server.LastFailure}"));
        return Failed(new DiskException(
            DiskErrorKind.Unreachable,
            $"{what} was given up after {_options.ReadDeadline.TotalSeconds:0.#} s (--read-deadline): {history}; "
            + (causes.Length > 0 ? causes : _servers.Trouble?.Message ?? "the server did not answer")));
    }

    private DiskException Failed(DiskException error)
    {
        _lastError = error.Message;
        DisksLog.ReadFailed(_logger, error.Message);
        return error;
    }

    private static long TotalLength(IReadOnlyList<Memory<byte>> buffers)
    {
        long length = 0;
        for (int i = 0; i < buffers.Count; i++)
        {
            length += buffers[i].Length;
        }

        return length;
    }
}
