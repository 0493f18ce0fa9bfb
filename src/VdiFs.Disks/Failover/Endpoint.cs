using Microsoft.Extensions.Logging;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>One server that has the disk: its client, as long as that lives, and its record. Thread-safe.</summary>
internal sealed class Endpoint : IAsyncDisposable
{
    private readonly NbdUri _uri;
    private readonly NbdClientOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly CircuitBreaker _breaker;
    private readonly HashSet<Task> _partings = [];
    private Task? _connecting;
    private NbdClient? _client;
    private NbdException? _lastFailure;
    private bool _hasDelivered;
    private bool _isRefused;
    private int _timesConnected;

    public Endpoint(NbdUri uri, NbdClientOptions options, FailoverOptions failover, ILogger logger)
    {
        _uri = uri;
        _options = options;
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
                return _client is { IsAlive: true } ? _client : null;
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
            return _isRefused || _client is { IsAlive: true }
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
            if (_client != client)
            {
                return;
            }

            Part(client);
            _lastFailure = reason;
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
        }

        DisksLog.ServerLost(_logger, Address, reason.Message);
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
            bool isConnected = _client is { IsAlive: true };
            EndpointState state =
                _isRefused ? EndpointState.Refused
                : isConnected ? EndpointState.Connected
                : _connecting is not null ? EndpointState.Connecting
                : _breaker.Failures > 0 ? EndpointState.Waiting
                : EndpointState.Idle;
            int connections = isConnected ? _client!.ConnectionCount : 0;
            return new EndpointStatus(
                Address, state, connections, _timesConnected, _breaker.Failures, _lastFailure?.Message);
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
                if (_client is not null)
                {
                    // It died and nobody has told.
                    Part(_client);
                }

                _client = client;
                _hasDelivered = false;
                _timesConnected++;
                return;
            }

            _lastFailure = failure!;
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
