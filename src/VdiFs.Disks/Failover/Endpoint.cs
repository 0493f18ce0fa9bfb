using Microsoft.Extensions.Logging;
using VdiFs.Disks.Slots;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>One server that has the disk: its client, as long as that lives, and its record. Thread-safe.</summary>
internal sealed partial class Endpoint : ISlotUser, IAsyncDisposable
{
    private readonly Func<NbdClientOptions, NbdClientOptions> _prepare;
    private readonly Func<Endpoint, bool> _isSpare;
    private readonly DiskActivity _activity;
    private readonly string _hostKey;
    private readonly SlotAccount? _slots;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly CircuitBreaker _breaker;
    private readonly HashSet<Task> _partings = [];
    private DiskServer _server;
    private CancellationTokenSource? _line;
    private bool _isUnneeded;
    private Task _standingDown = Task.CompletedTask;
    private Task? _connecting;
    private NbdClient? _client;
    private NbdException? _lastFailure;
    private long _failedAt = long.MinValue;
    private long _connectedAt;
    private bool _hasDelivered;
    private bool _isRefused;
    private int _timesConnected;

    /// <param name="server">Where it is, and how to connect as of now.</param>
    /// <param name="prepare">Adds to that what is the disk's to say.</param>
    /// <param name="isSpare">Whether the disk goes on without it: others are connected.</param>
    /// <param name="activity">The disk's.</param>
    /// <param name="failover">Pauses, clock, chance, and the budget of connections.</param>
    /// <param name="logger">Told of failures.</param>
    public Endpoint(
        DiskServer server,
        Func<NbdClientOptions, NbdClientOptions> prepare,
        Func<Endpoint, bool> isSpare,
        DiskActivity activity,
        FailoverOptions failover,
        ILogger logger)
    {
        _server = server;
        _hostKey = server.HostKey;
        _prepare = prepare;
        _isSpare = isSpare;
        _activity = activity;
        Load = new EndpointLoad(failover.TimeProvider);
        _slots = failover.HostSlots?.Open(server.HostKey, this);
        _time = failover.TimeProvider;
        _logger = logger;
        Address = server.Address;
        Backoff pauses = new(failover.BackoffFloor, failover.BackoffCeiling, failover.Random);
        _breaker = new CircuitBreaker(pauses, failover.TimeProvider);
    }

    /// <summary>What people call it.</summary>
    public string Address { get; }

    /// <summary>What it has been asked for, told by those who ask.</summary>
    public EndpointLoad Load { get; }

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

    /// <summary>Whether a connection is being made, or waits for its slot.</summary>
    public bool IsConnecting
    {
        get
        {
            lock (_gate)
            {
                return _connecting is not null;
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

    /// <summary>What is used from the next connection on.</summary>
    public void Update(DiskServer server)
    {
        lock (_gate)
        {
            _server = server;
        }
    }

    /// <summary>Waits for no slot any more: nobody needs the connection. One that is being made already is.</summary>
    public void LeaveLine()
    {
        lock (_gate)
        {
            _isUnneeded = true;
            _line?.Cancel();
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

    /// <summary>
    /// Closes its connections because another server delivers, nobody reads, or another disk's turn has come; false
    /// when there are none. Reads under way are asked again.
    /// </summary>
    public bool TryStandDown()
    {
        lock (_gate)
        {
            if (_client is null)
            {
                return false;
            }

            _standingDown = Part(_client);
            return true;
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
                Address,
                state,
                client?.ConnectionCount ?? 0,
                _timesConnected,
                _breaker.Failures,
                _lastFailure?.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        LeaveLine();
        Task[] endings;
        lock (_gate)
        {
            endings = [_connecting ?? Task.CompletedTask];
        }

        await Task.WhenAll(endings).ConfigureAwait(false);
        TryStandDown();
        lock (_gate)
        {
            endings = [.. _partings];
        }

        await Task.WhenAll(endings).ConfigureAwait(false);
        _closing.Dispose();
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
    private Task Part(NbdClient client)
    {
        _client = null;
        Task parting = client.DisposeAsync().AsTask();
        _partings.RemoveWhere(task => task.IsCompleted);
        _partings.Add(parting);
        return parting;
    }
}
