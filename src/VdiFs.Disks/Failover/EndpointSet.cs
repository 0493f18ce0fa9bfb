using Microsoft.Extensions.Logging;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// The servers of one disk. One of them, chosen at random, is connected and asked; the others come in when it fails,
/// does not answer in time, or is what readers wait for: then reads are spread over them. While nobody reads, nothing
/// is connected anew. The directory is asked before the first connection and between failures. Thread-safe.
/// </summary>
internal sealed partial class EndpointSet : IAsyncDisposable
{
    private readonly EndpointRoster _roster;
    private readonly FailoverOptions _options;
    private readonly ILogger _logger;
    private readonly string _disk;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private TaskCompletionSource<DiskException?> _changed = NewSignal();
    private Task _connecting = Task.CompletedTask;

    // Changed atomically, because those who leave do so without the lock.
    private int _waiting;

    /// <param name="directory">Knows which they are.</param>
    /// <param name="disk">What to call the disk in the log.</param>
    /// <param name="make">Makes an endpoint of a server, which learns here how to find out whether it is spare.</param>
    /// <param name="options">Pauses, clock and chance.</param>
    /// <param name="logger">Told of servers found.</param>
    public EndpointSet(
        IServerDirectory directory,
        string disk,
        Func<DiskServer, Func<Endpoint, bool>, Endpoint> make,
        FailoverOptions options,
        ILogger logger)
    {
        _options = options;
        _logger = logger;
        _disk = disk;
        _saturation = new Saturation(options);
        _roster = new EndpointRoster(directory, server => make(server, IsSpare), options);
    }

    /// <summary>How many servers are known.</summary>
    public int Count => _roster.All.Count;

    /// <summary>Open connections to all of them.</summary>
    public int ConnectionCount => _roster.All.Sum(endpoint => endpoint.Client?.ConnectionCount ?? 0);

    /// <summary>The servers as they are now.</summary>
    public IReadOnlyList<EndpointStatus> Describe() => [.. _roster.All.Select(endpoint => endpoint.Describe())];

    /// <summary>Why the directory has named no server when it was asked last; null when it has.</summary>
    public DiskException? Trouble => _roster.Trouble;

    /// <summary>Why no server can ever deliver again: each has another disk now. Null while one may.</summary>
    public NbdException? Fault => _roster.All is { Count: > 0 } all && all.All(endpoint => endpoint.IsRefused)
        ? all[0].LastFailure
        : null;

    /// <summary>
    /// The connected server that will answer first; connects if there is none, and waits for it. Where readers wait for
    /// the servers, a further one is connected beside.
    /// </summary>
    /// <param name="bytes">How many it is to be asked for; 0 for a question of another kind.</param>
    /// <param name="isHopeless">Which failures waiting does not mend: once each server has failed so during this wait,
    /// that is thrown.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NbdException">ExportChanged, or what is hopeless.</exception>
    /// <exception cref="DiskException">The directory says that no server can have the disk.</exception>
    public async ValueTask<Connected> AcquireAsync(
        long bytes, Predicate<NbdException> isHopeless, CancellationToken cancellationToken)
    {
        long start = _options.TimeProvider.GetTimestamp();
        while (true)
        {
            Task<DiskException?> changed;
            lock (_gate)
            {
                if (Pick(avoided: [], bytes) is { } found)
                {
                    WidenIfSaturated();
                    return found;
                }

                ThrowIfHopeless(isHopeless, start);
                changed = _changed.Task;
                Interlocked.Increment(ref _waiting);
                StartConnecting();
            }

            try
            {
                if (await changed.WaitAsync(cancellationToken).ConfigureAwait(false) is { } verdict)
                {
                    throw new DiskException(verdict.Kind, verdict.Message, verdict);
                }
            }
            finally
            {
                if (Interlocked.Decrement(ref _waiting) == 0)
                {
                    LeaveLines();
                }
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
        Queue<Endpoint> others = new(_roster.All.Except(avoided).Where(
            endpoint => !endpoint.IsRefused && !(endpoint.ReadyIn > TimeSpan.Zero)
                && !avoided.Any(endpoint.WaitsFor)));
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
                LeaveLinesIfUnneeded();
                return null;
            }
        }

        return null;
    }

    /// <summary>
    /// Closes all connections, because nobody reads; false when one is only just being made and has to be closed later.
    /// </summary>
    public bool TryStandDown()
    {
        lock (_gate)
        {
            foreach (Endpoint endpoint in _roster.All)
            {
                endpoint.TryStandDown();
            }

            return !_roster.All.Any(endpoint => endpoint.IsConnecting);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        Task connecting;
        lock (_gate)
        {
            connecting = _connecting;
        }

        // First, because it changes the roster; it ends at once.
        await connecting.ConfigureAwait(false);
        await _roster.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_joining).ConfigureAwait(false);
        _closing.Dispose();
    }

    private static TaskCompletionSource<DiskException?> NewSignal() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The methods below are called with _gate held.

    private TaskCompletionSource<DiskException?> TakeSignal()
    {
        TaskCompletionSource<DiskException?> signal = _changed;
        _changed = NewSignal();
        return signal;
    }

    private void StartConnecting()
    {
        if (_connecting.IsCompleted)
        {
            _connecting = ConnectAsync();
        }
    }

    private void ThrowIfHopeless(Predicate<NbdException> isHopeless, long since)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        if (Fault is { } changed)
        {
            throw new NbdException(changed.Kind, changed.Message, changed);
        }

        IReadOnlyList<Endpoint> all = _roster.All;
        if (all.Count > 0
            && all.All(endpoint =>
                endpoint.FailedAt >= since && endpoint.LastFailure is { } failure && isHopeless(failure)))
        {
            NbdException last = all[0].LastFailure!;
            throw new NbdException(last.Kind, last.Message, last) { Errno = last.Errno };
        }
    }
}
