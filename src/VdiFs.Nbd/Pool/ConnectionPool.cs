using Microsoft.Extensions.Logging;
using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Transmission;

namespace VdiFs.Nbd.Pool;

/// <summary>
/// Shares requests among connections: each goes to the one with the fewest in flight, or waits in line when all are
/// full. When the last connection is gone the pool is over and everything fails at once with the cause.
/// </summary>
internal sealed class ConnectionPool : IRequestCarrier, IAsyncDisposable
{
    /// <summary>A connection that owes replies and sent none for so long gets no more if another one can.</summary>
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(5);

    private readonly int _requestsInFlight;
    private readonly TimeProvider _time;
    private readonly string _address;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _losses = new(0);
    private readonly Lock _gate = new();

    // Guarded by _gate. The line holds requests whose callers are waiting; it is as long as there are callers.
    private readonly List<NbdConnection> _connections = [];
    private readonly LinkedList<PendingRequest> _line = [];
    private int _numbers;
    private NbdException? _fault;
    private bool _isDisposed;

    /// <param name="options">Requests in flight per connection, and the clock.</param>
    /// <param name="address">The address, for the log.</param>
    /// <param name="logger">Where losses are told.</param>
    public ConnectionPool(NbdClientOptions options, string address, ILogger logger)
    {
        _requestsInFlight = options.RequestsInFlight;
        _time = options.TimeProvider;
        _address = address;
        _logger = logger;
    }

    /// <summary>Live connections that carry requests.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count(connection => connection.IsAdmitted);
            }
        }
    }

    /// <summary>Whether no request can succeed any more.</summary>
    public bool IsOver
    {
        get
        {
            lock (_gate)
            {
                return _isDisposed || _fault is not null;
            }
        }
    }

    /// <summary>What ended the pool; null while it serves, and when it was disposed first.</summary>
    public NbdException? Fault
    {
        get
        {
            lock (_gate)
            {
                return _fault;
            }
        }
    }

    /// <summary>
    /// Takes a connection in and starts it; it carries nothing but <see cref="TrySendOver"/>'s until
    /// <see cref="Admit"/>.
    /// </summary>
    /// <exception cref="NbdException">The pool is over; the stream was closed.</exception>
    /// <exception cref="ObjectDisposedException">The client was closed, and the stream too.</exception>
    public NbdConnection Add(Stream stream, HandshakeResult handshake)
    {
        NbdConnection connection;
        lock (_gate)
        {
            if (Refusal() is { } refusal)
            {
                stream.Dispose();
                throw refusal;
            }

            connection = new NbdConnection(++_numbers, stream, handshake, _requestsInFlight, this, _time);
            _connections.Add(connection);
            connection.Start();
        }

        NbdLog.ConnectionOpened(_logger, _address, connection.Number);
        return connection;
    }

    /// <summary>The connection carries requests from now on.</summary>
    public void Admit(NbdConnection connection)
    {
        lock (_gate)
        {
            connection.IsAdmitted = true;
        }

        ServeLine(connection);
    }

    /// <summary>Waits for the loss of a connection since the last wait.</summary>
    public Task WaitForLossAsync(CancellationToken cancellationToken) => _losses.WaitAsync(cancellationToken);

    /// <summary>Sends a request over one connection, or returns false: it is gone or full.</summary>
    public bool TrySendOver(NbdConnection connection, PendingRequest request)
    {
        lock (_gate)
        {
            if (Refusal() is not null || !connection.IsAlive || connection.Load >= _requestsInFlight)
            {
                return false;
            }

            TakeSlot(connection);
        }

        if (connection.TrySend(request))
        {
            return true;
        }

        GiveBackSlot(connection);
        return false;
    }

    /// <inheritdoc/>
    public void Dispatch(PendingRequest request)
    {
        while (true)
        {
            NbdConnection? connection = null;
            Exception? refusal;
            lock (_gate)
            {
                refusal = Refusal();
                if (refusal is null)
                {
                    connection = LeastLoaded();
                    if (connection is null)
                    {
                        _line.AddLast(request.QueueNode);
                        return;
                    }

                    TakeSlot(connection);
                }
            }

            if (refusal is not null)
            {
                request.Complete(refusal);
                return;
            }

            if (connection!.TrySend(request))
            {
                return;
            }

            // It died in between; IsAlive keeps it from being chosen again.
            GiveBackSlot(connection);
        }
    }

    /// <inheritdoc/>
    public void Forget(PendingRequest request)
    {
        lock (_gate)
        {
            if (request.QueueNode.List is null)
            {
                return;
            }

            _line.Remove(request.QueueNode);
        }

        request.Release();
    }

    /// <summary>A reply is complete: its slot goes to the next in line.</summary>
    public void SlotFreed(NbdConnection connection, bool hasShutdown)
    {
        bool isOver;
        lock (_gate)
        {
            connection.Load--;
            connection.IsRetired |= hasShutdown;
            isOver = connection.IsRetired && connection.Load == 0;
        }

        if (isOver)
        {
            // After ESHUTDOWN a client must leave (proto.md, "Terminating the transmission phase").
            connection.Fail(new NbdException(NbdErrorKind.ConnectionLost, "the server is shutting down"));
            return;
        }

        ServeLine(connection);
    }

    /// <summary>A connection is gone. The last one takes everything with it.</summary>
    public void ConnectionLost(NbdConnection connection, NbdException cause)
    {
        PendingRequest[] stranded = [];
        lock (_gate)
        {
            _connections.Remove(connection);
            if (_isDisposed)
            {
                return;
            }

            // Under the lock, because a disposal that begins now disposes of the signal too.
            _losses.Release();
            if (_connections.Count == 0)
            {
                _fault ??= new NbdException(
                    NbdErrorKind.ConnectionLost, $"no connection to {_address} is left: {cause.Message}", cause);
                stranded = TakeLine();
            }
        }

        NbdLog.ConnectionLost(_logger, _address, connection.Number, cause.Message);
        FailStranded(stranded);
    }

    /// <summary>Ends connections that owe replies and have brought no byte for this long.</summary>
    public void DropSilent(TimeSpan limit)
    {
        NbdConnection[] silent;
        lock (_gate)
        {
            silent = [.. _connections.Where(connection => connection.Load > 0 && SilenceOf(connection) >= limit)];
        }

        foreach (NbdConnection connection in silent)
        {
            connection.Fail(new NbdException(
                NbdErrorKind.ConnectionLost, $"the server owed replies and sent nothing for {limit.TotalSeconds:0} s"));
        }
    }

    /// <summary>Ends the pool for a reason that makes every further byte doubtful.</summary>
    public void Fail(NbdException reason)
    {
        PendingRequest[] stranded;
        NbdConnection[] connections;
        lock (_gate)
        {
            _fault ??= reason;
            stranded = TakeLine();
            connections = [.. _connections];
        }

        foreach (NbdConnection connection in connections)
        {
            connection.Fail(reason);
        }

        FailStranded(stranded);
    }

    /// <summary>Says good-bye on every connection; requests that are still under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        PendingRequest[] stranded;
        NbdConnection[] connections;
        lock (_gate)
        {
            _isDisposed = true;
            stranded = TakeLine();
            connections = [.. _connections];
        }

        FailStranded(stranded);
        await Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask())).ConfigureAwait(false);
        _losses.Dispose();
    }

    private void ServeLine(NbdConnection connection)
    {
        while (true)
        {
            PendingRequest request;
            lock (_gate)
            {
                if (_line.First is null || !IsUsable(connection))
                {
                    return;
                }

                request = _line.First.Value;
                _line.RemoveFirst();
                TakeSlot(connection);
            }

            if (!connection.TrySend(request))
            {
                GiveBackSlot(connection);
                Dispatch(request);
                return;
            }
        }
    }

    private void FailStranded(PendingRequest[] stranded)
    {
        foreach (PendingRequest request in stranded)
        {
            Exception refusal;
            lock (_gate)
            {
                refusal = Refusal()!;
            }

            request.Complete(refusal);
        }
    }

    private void GiveBackSlot(NbdConnection connection)
    {
        lock (_gate)
        {
            connection.Load--;
        }
    }

    // The methods below are called with _gate held.

    private bool IsUsable(NbdConnection connection) =>
        connection.IsAdmitted && connection.IsAlive && !connection.IsRetired && connection.Load < _requestsInFlight;

    private static void TakeSlot(NbdConnection connection)
    {
        if (connection.Load++ == 0)
        {
            // It owed nothing: what counts as its silence begins now.
            connection.Heard();
        }
    }

    private TimeSpan SilenceOf(NbdConnection connection) => _time.GetElapsedTime(connection.LastHeard);

    private NbdConnection? LeastLoaded()
    {
        NbdConnection? best = null;
        bool isBestStalled = false;
        foreach (NbdConnection connection in _connections)
        {
            if (!IsUsable(connection))
            {
                continue;
            }

            bool isStalled = connection.Load > 0 && SilenceOf(connection) > Stalled;
            if (best is null
                || (isBestStalled && !isStalled)
                || (isBestStalled == isStalled && connection.Load < best.Load))
            {
                best = connection;
                isBestStalled = isStalled;
            }
        }

        return best;
    }

    /// <summary>A new exception for each caller, because throwing one twice mixes up their stacks.</summary>
    private Exception? Refusal()
    {
        if (_isDisposed)
        {
            return new ObjectDisposedException(nameof(NbdClient));
        }

        return _fault is null ? null : new NbdException(_fault.Kind, _fault.Message, _fault.InnerException ?? _fault);
    }

    private PendingRequest[] TakeLine()
    {
        PendingRequest[] line = [.. _line];
        _line.Clear();
        return line;
    }
}
