using Microsoft.Extensions.Logging;
using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Transmission;

namespace VdiFs.Nbd.Pool;

/// <summary>
/// Shares requests among connections: each goes to the one with the fewest in flight, or waits in line when all are
/// full. When the last connection is gone everything fails at once with its cause; bringing connections back belongs
/// here too, in <see cref="ConnectionLost"/>, the only place that learns of a loss.
/// </summary>
internal sealed class ConnectionPool : IAsyncDisposable
{
    private readonly int _requestsInFlight;
    private readonly string _address;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();

    // Guarded by _gate. The line holds requests whose callers are waiting; it is as long as there are callers.
    private readonly List<NbdConnection> _connections = [];
    private readonly LinkedList<PendingRequest> _line = [];
    private int _numbers;
    private NbdException? _fault;
    private bool _isDisposed;

    /// <param name="requestsInFlight">Requests in flight per connection.</param>
    /// <param name="address">The address, for the log.</param>
    /// <param name="logger">Where losses are told.</param>
    public ConnectionPool(int requestsInFlight, string address, ILogger logger)
    {
        _requestsInFlight = requestsInFlight;
        _address = address;
        _logger = logger;
    }

    /// <summary>Live connections.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Takes a connection in and starts it; false when the pool is over and the stream was closed.</summary>
    public bool TryAdd(Stream stream, HandshakeResult handshake)
    {
        NbdConnection connection;
        lock (_gate)
        {
            connection = new NbdConnection(++_numbers, stream, handshake, _requestsInFlight, this);
            if (!_isDisposed && _fault is null)
            {
                _connections.Add(connection);
                connection.Start();
            }
            else
            {
                stream.Dispose();
                return false;
            }
        }

        NbdLog.ConnectionOpened(_logger, _address, connection.Number);
        ServeLine(connection);
        return true;
    }

    /// <summary>
    /// Sends a prepared request, now or when its turn comes. Its completion tells the outcome, whatever it is.
    /// </summary>
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

                    connection.Load++;
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

    /// <summary>Takes a request out of the line whose caller has left; no-op when it is not in it.</summary>
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
                connection.Load++;
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
        connection.IsAlive && !connection.IsRetired && connection.Load < _requestsInFlight;

    private NbdConnection? LeastLoaded()
    {
        NbdConnection? best = null;
        foreach (NbdConnection connection in _connections)
        {
            if (IsUsable(connection) && (best is null || connection.Load < best.Load))
            {
                best = connection;
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
