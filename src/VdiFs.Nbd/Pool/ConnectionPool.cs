using Microsoft.Extensions.Logging;
using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Transmission;

namespace VdiFs.Nbd.Pool;

/// <summary>
/// Shares requests among connections: each goes to the one with the fewest in flight, or waits in line when all are
/// full. When the last connection is gone the pool is over and everything fails at once with the cause.
/// </summary>
internal sealed partial class ConnectionPool : IRequestCarrier, IAsyncDisposable
{
    private readonly int _requestsInFlight;
    private readonly TimeProvider _time;
    private readonly string _address;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _losses = new(0);
    private readonly Lock _gate = new();

    // Guarded by _gate. The line holds requests whose callers are waiting; it is as long as there are callers.
    private readonly List<NbdConnection> _connections = [];
    private readonly LinkedList<PendingRequest> _line = [];
    private readonly List<Task> _partings = [];
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

        ServeLine();
    }

    /// <summary>Waits for the loss of a connection since the last wait.</summary>
    public Task WaitForLossAsync(CancellationToken cancellationToken) => _losses.WaitAsync(cancellationToken);

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

        if (connection.IsGivenUp)
        {
            NbdLog.ConnectionGivenUp(_logger, _address, connection.Number);
        }
        else
        {
            NbdLog.ConnectionLost(_logger, _address, connection.Number, cause.Message);
        }

        FailStranded(stranded);
    }

    /// <summary>
    /// Closes one connection politely, as soon as it owes nothing; false when there is none but the last.
    /// </summary>
    public bool TryGiveOneUp()
    {
        lock (_gate)
        {
            NbdConnection? leaving = null;
            int staying = -1;
            foreach (NbdConnection connection in _connections)
            {
                if (connection.IsAdmitted && connection.IsAlive && !connection.IsRetired)
                {
                    staying++;
                    leaving = leaving is null || connection.Load < leaving.Load ? connection : leaving;
                }
            }

            if (staying < 1 || _isDisposed)
            {
                return false;
            }

            leaving!.IsRetired = true;
            leaving.IsGivenUp = true;
            if (leaving.Load == 0)
            {
                Part(leaving);
            }

            return true;
        }
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
        Task[] partings;
        lock (_gate)
        {
            partings = [.. _partings];
        }

        await Task.WhenAll(partings).ConfigureAwait(false);
        _losses.Dispose();
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

    // The methods below are called with _gate held.

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

    /// <summary>Closes a connection in the background; the pool waits for that when it is disposed.</summary>
    private void Part(NbdConnection connection)
    {
        _partings.RemoveAll(static parting => parting.IsCompleted);
        _partings.Add(Task.Run(() => connection.DisposeAsync().AsTask()));
    }
}
