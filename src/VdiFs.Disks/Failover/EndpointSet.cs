using Microsoft.Extensions.Logging;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// The servers of one disk. One of them, chosen at random, is connected and asked; the others come in when it fails,
/// or does not answer in time. While nobody reads, nothing is connected anew. Thread-safe.
/// </summary>
internal sealed class EndpointSet : IAsyncDisposable
{
    private readonly Endpoint[] _endpoints;
    private readonly FailoverOptions _options;
    private readonly ILogger _logger;
    private readonly string _disk;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private TaskCompletionSource _changed = NewSignal();
    private Task _connecting = Task.CompletedTask;

    // Changed atomically, because those who leave do so without the lock.
    private int _waiting;

    /// <param name="servers">Their addresses, at least one.</param>
    /// <param name="client">How each is connected to.</param>
    /// <param name="options">Pauses, clock and chance.</param>
    /// <param name="logger">Told of servers found and lost.</param>
    public EndpointSet(
        IReadOnlyList<NbdUri> servers, NbdClientOptions client, FailoverOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _endpoints = [.. servers.Select(server => new Endpoint(server, client, options, logger))];
        options.Random.Shuffle(_endpoints);
        _disk = servers[0].ExportName.Length == 0 ? "the default export" : servers[0].ExportName;
    }

    /// <summary>How many servers there are.</summary>
    public int Count => _endpoints.Length;

    /// <summary>Open connections to all of them.</summary>
    public int ConnectionCount => _endpoints.Sum(endpoint => endpoint.Client?.ConnectionCount ?? 0);

    /// <summary>The servers as they are now.</summary>
    public IReadOnlyList<EndpointStatus> Describe() => [.. _endpoints.Select(endpoint => endpoint.Describe())];

    /// <summary>Why no server can ever deliver again: each has another disk now. Null while one may.</summary>
    public NbdException? Fault => _endpoints.All(endpoint => endpoint.IsRefused) ? _endpoints[0].LastFailure : null;

    /// <summary>A connected server; connects if there is none, and waits for it.</summary>
    /// <param name="isOpening">Errors that waiting does not mend are thrown at once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NbdException">ExportChanged; while opening any other that is not transient.</exception>
    public async ValueTask<Connected> AcquireAsync(bool isOpening, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (Pick(avoided: []) is { } found)
                {
                    return found;
                }

                ThrowIfHopeless(isOpening);
                changed = _changed.Task;
                Interlocked.Increment(ref _waiting);
                StartConnecting();
            }

            try
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
    }

    /// <summary>A server that is connected already and not among these; null when there is none.</summary>
    public Connected? TryGetOther(IReadOnlyCollection<Endpoint> avoided)
    {
        lock (_gate)
        {
            return Pick(avoided);
        }
    }

    /// <summary>
    /// A server that is not among these, connected for the purpose if need be, each after a moment's grace for those
    /// before; null when there is none, or none that is there in time.
    /// </summary>
    public async ValueTask<Connected?> TryAcquireOtherAsync(
        IReadOnlyCollection<Endpoint> avoided, CancellationToken cancellationToken)
    {
        if (TryGetOther(avoided) is { } ready)
        {
            return ready;
        }

        long start = _options.TimeProvider.GetTimestamp();
        Queue<Endpoint> others = new(_endpoints.Except(avoided).Where(
            endpoint => !endpoint.IsRefused && !(endpoint.ReadyIn > TimeSpan.Zero)));
        List<Task> attempts = [];
        while (others.Count > 0 || attempts.Count > 0)
        {
            if (others.TryDequeue(out Endpoint? next))
            {
                attempts.Add(next.ConnectAsync());
            }

            // Whoever waits for this has another server to fall back on: a silent one must not hold it up for long.
            TimeSpan left = (_options.AttemptTimeout / 2) - _options.TimeProvider.GetElapsedTime(start);
            TimeSpan wait = others.Count > 0 && _options.ConnectStagger < left ? _options.ConnectStagger : left;
            await IsOverAsync(wait, attempts, cancellationToken).ConfigureAwait(false);
            attempts.RemoveAll(attempt => attempt.IsCompleted);
            if (TryGetOther(avoided) is { } found)
            {
                Signal();
                return found;
            }

            if (_options.TimeProvider.GetElapsedTime(start) >= _options.AttemptTimeout / 2)
            {
                return null;
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        Task connecting;
        lock (_gate)
        {
            connecting = _connecting;
        }

        await Task.WhenAll(_endpoints.Select(endpoint => endpoint.DisposeAsync().AsTask())).ConfigureAwait(false);
        await connecting.ConfigureAwait(false);
        _closing.Dispose();
    }

    /// <summary>
    /// Connects to the servers, the one that failed longest ago first, each after a moment's grace for those before, until
    /// one is there or nobody waits any more.
    /// </summary>
    private async Task ConnectAsync()
    {
        // Off the caller's lock.
        await Task.Yield();
        List<Task> attempts = [];
        try
        {
            while (IsNeeded())
            {
                attempts.RemoveAll(attempt => attempt.IsCompleted);
                (Endpoint? next, TimeSpan pause) = ChooseNext();
                TimeSpan grace = attempts.Count > 0 ? _options.ConnectStagger : TimeSpan.Zero;
                if (next is not null && pause <= TimeSpan.Zero && grace == TimeSpan.Zero)
                {
                    attempts.Add(AttemptAsync(next));
                    continue;
                }

                TimeSpan wait = next is null ? _options.ConnectStagger : pause > grace ? pause : grace;
                bool isTurn = await IsOverAsync(wait, attempts, _closing.Token).ConfigureAwait(false);
                if (isTurn && next is not null)
                {
                    attempts.Add(AttemptAsync(next));
                }
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The disk is being closed.
        }

        Signal();
    }

    /// <summary>True when the time is over, false when an attempt ended before.</summary>
    private async Task<bool> IsOverAsync(TimeSpan wait, List<Task> attempts, CancellationToken cancellationToken)
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task timer = Pause.ForAsync(wait, _options.TimeProvider, enough.Token);
        Task first = await Task.WhenAny([timer, .. attempts]).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        await enough.CancelAsync().ConfigureAwait(false);
        return first == timer;
    }

    private async Task AttemptAsync(Endpoint endpoint)
    {
        await endpoint.ConnectAsync().ConfigureAwait(false);
        lock (_gate)
        {
            // Two that arrive together must not both give way.
            if (_endpoints.Any(other => other != endpoint && other.Client is not null))
            {
                endpoint.StandDown();
            }
        }

        if (endpoint.Client is not null)
        {
            DisksLog.ServerConnected(_logger, endpoint.Address, _disk);
        }

        Signal();
    }

    private bool IsNeeded()
    {
        lock (_gate)
        {
            bool isNeeded = _waiting > 0 && Pick(avoided: []) is null && Fault is null
                && !_closing.IsCancellationRequested;
            if (!isNeeded)
            {
                // Whoever comes after this starts anew.
                _connecting = Task.CompletedTask;
            }

            return isNeeded;
        }
    }

    private (Endpoint? Next, TimeSpan Pause) ChooseNext()
    {
        // Of those that may be asked now, the one that has just been lost comes last.
        (Endpoint? Next, TimeSpan Pause, long FailedAt) best = (null, TimeSpan.MaxValue, long.MaxValue);
        foreach (Endpoint endpoint in _endpoints)
        {
            if (endpoint.ReadyIn is not { } readyIn)
            {
                continue;
            }

            TimeSpan pause = readyIn > TimeSpan.Zero ? readyIn : TimeSpan.Zero;
            long failedAt = endpoint.FailedAt;
            if (pause < best.Pause || (pause == best.Pause && failedAt < best.FailedAt))
            {
                best = (endpoint, pause, failedAt);
            }
        }

        return (best.Next, best.Pause);
    }

    private void Signal()
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            signal = _changed;
            _changed = NewSignal();
        }

        signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The methods below are called with _gate held.

    private Connected? Pick(IReadOnlyCollection<Endpoint> avoided)
    {
        foreach (Endpoint endpoint in _endpoints)
        {
            if (endpoint.Client is { } client && !avoided.Contains(endpoint))
            {
                return new Connected(endpoint, client);
            }
        }

        return null;
    }

    private void StartConnecting()
    {
        if (_connecting.IsCompleted)
        {
            _connecting = ConnectAsync();
        }
    }

    private void ThrowIfHopeless(bool isOpening)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        if (Fault is { } changed)
        {
            throw new NbdException(changed.Kind, changed.Message, changed);
        }

        if (isOpening && _endpoints.All(endpoint => endpoint.LastFailure is { IsTransient: false }))
        {
            NbdException last = _endpoints[0].LastFailure!;
            throw new NbdException(last.Kind, last.Message, last) { Errno = last.Errno };
        }
    }
}
