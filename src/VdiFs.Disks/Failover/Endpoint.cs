using Microsoft.Extensions.Logging;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>One server that has the disk: its client, as long as that lives, and its record. Thread-safe.</summary>
internal sealed class Endpoint : IAsyncDisposable
{
    private readonly NbdUri _uri;
    private readonly NbdClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly CircuitBreaker _breaker;
    private readonly HashSet<Task> _partings = [];
    private Task? _connecting;
    private NbdClient? _client;
    private NbdException? _lastFailure;
    private long _failedAt = long.MinValue;
    private bool _hasDelivered;
    private bool _isRefused;
    private int _timesConnected;

    public Endpoint(NbdUri uri, NbdClientOptions options, FailoverOptions failover, ILogger logger)
    {
        _uri = uri;
        _options = options;
        _time = failover.TimeProvider;
        _logger = logger;
        Address = uri.ToString();
        Backoff pauses = new(failover.BackoffFloor, failover.BackoffCeiling, failover.Random);
        _breaker = new CircuitBreaker(pauses, failover.TimeProvider);
    }

    /// <summary>Its URI, for people.</summary>
    public string Address { get; }

    /// <summary>The client, while it can deliver; else null.</summary>
    public NbdClient? Client
    {
        get
        {
            lock (_gate)
            {
                return LivingClient();
            }
        }
    }

    /// <summary>Whether it has another disk now.</summary>
    public bool IsRefused
    {
        get
        {
            lock (_gate)
            {
                return _isRefused;
            }
        }
    }

    /// <summary>Why it failed last; null when it has not.</summary>
    public NbdException? LastFailure
    {
        get
        {
            lock (_gate)
            {
                return _lastFailure;
            }
        }
    }

    /// <summary>Timestamp of the latest failure; before all others when there was none.</summary>
    public long FailedAt
    {
        get
        {
            lock (_gate)
            {
                return _failedAt;
            }
        }
    }

    /// <summary>How long it is to be left alone; null when there is no use in asking it now or ever.</summary>
    public TimeSpan? ReadyIn
    {
        get
        {
            lock (_gate)
            {
                return _isRefused || _connecting is not null ? null : _breaker.ReadyIn;
            }
        }
    }

    /// <summary>
    /// Connects, or joins whoever is connecting; does nothing where a client is alive or another disk was found. Ends
    /// when that has succeeded or failed; never throws.
    /// </summary>
    public Task ConnectAsync()
    {
        lock (_gate)
        {
            return LivingClient() is not null || _isRefused
                ? Task.CompletedTask
                : _connecting ??= TryConnectAsync();
        }
    }

    /// <summary>It has delivered bytes.</summary>
    public void Delivered()
    {
        lock (_gate)
        {
            _hasDelivered = true;
            _breaker.Succeeded();
        }
    }

    /// <summary>A client of it has failed. Told by each read that notices; counts once.</summary>
    public void Lost(NbdClient client, NbdException reason)
    {
        lock (_gate)
        {
            if (_client == client)
            {
                Lose(client, reason);
            }
        }
    }

    /// <summary>Closes its connections because another server delivers.</summary>
    public void StandDown()
    {
        lock (_gate)
        {
            if (_client is not null)
            {
                Part(_client);
            }
        }
    }

    public EndpointStatus Describe()
    {
        lock (_gate)
        {
            NbdClient? client = LivingClient();
            EndpointState state =
                _isRefused ? EndpointState.Refused
                : client is not null ? EndpointState.Connected
                : _connecting is not null ? EndpointState.Connecting
                : _breaker.Failures > 0 ? EndpointState.Waiting
                : EndpointState.Idle;
            return new EndpointStatus(
                Address, state, client?.ConnectionCount ?? 0, _timesConnected, _breaker.Failures, _lastFailure?.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        Task[] endings;
        lock (_gate)
        {
            endings = [_connecting ?? Task.CompletedTask];
        }

        await Task.WhenAll(endings).ConfigureAwait(false);
        StandDown();
        lock (_gate)
        {
            endings = [.. _partings];
        }

        await Task.WhenAll(endings).ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task TryConnectAsync()
    {
        // Off the caller's lock.
        await Task.Yield();
        NbdClient? client = null;
        NbdException? failure = null;
        try
        {
            client = await NbdClient.ConnectAsync(_uri, _options, _logger, _closing.Token).ConfigureAwait(false);
        }
        catch (NbdException exception)
        {
            failure = exception;
        }
        catch (OperationCanceledException exception) when (_closing.IsCancellationRequested)
        {
            failure = new NbdException(NbdErrorKind.ConnectionLost, "the disk was closed", exception);
        }
#pragma warning disable CA1031 // The top of the connecting loop: whatever it is, readers wait for an outcome.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = new NbdException(NbdErrorKind.ConnectFailed, exception.Message, exception);
        }

        lock (_gate)
        {
            _connecting = null;
            if (client is not null)
            {
                _client = client;
                _hasDelivered = false;
                _timesConnected++;
                if (_isRefused)
                {
                    // The client before it found another disk there, and was told of late.
                    Part(client);
                }

                return;
            }

            _lastFailure = failure!;
            _failedAt = _time.GetTimestamp();
            if (_lastFailure.Kind == NbdErrorKind.ExportChanged)
            {
                Refuse(_lastFailure);
                return;
            }

            _breaker.Failed();
            if (_breaker.Failures == 1 && !_closing.IsCancellationRequested)
            {
                DisksLog.ServerFailed(_logger, Address, _lastFailure.Message);
            }
        }
    }

    // The methods below are called with _gate held.

    /// <summary>
    /// The client, if it can deliver. One that died is lost, whether a read has noticed or not: a server that takes
    /// connections and drops them before any read must not be connected to without a pause.
    /// </summary>
    private NbdClient? LivingClient()
    {
        if (_client is { Fault: { } fault } dead)
        {
            Lose(dead, fault);
        }

        return _client;
    }

    private void Lose(NbdClient client, NbdException reason)
    {
        Part(client);
        _lastFailure = reason;
        _failedAt = _time.GetTimestamp();
        if (reason.Kind == NbdErrorKind.ExportChanged)
        {
            Refuse(reason);
            return;
        }

        // One that has delivered may be back at once; one that fails whenever it is asked is asked more rarely.
        if (!_hasDelivered)
        {
            _breaker.Failed();
        }

        DisksLog.ServerLost(_logger, Address, reason.Message);
    }

    private void Refuse(NbdException reason)
    {
        _isRefused = true;
        DisksLog.DiskChanged(_logger, Address, reason.Message);
    }

    /// <summary>Closes a client in the background; the disk waits for that when it is closed itself.</summary>
    private void Part(NbdClient client)
    {
        _client = null;
        Task parting = client.DisposeAsync().AsTask();
        _partings.RemoveWhere(task => task.IsCompleted);
        _partings.Add(parting);
    }
}
