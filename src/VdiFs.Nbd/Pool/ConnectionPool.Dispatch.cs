using VdiFs.Nbd.Transmission;

namespace VdiFs.Nbd.Pool;

/// <content>Which request goes over which connection, and when.</content>
internal sealed partial class ConnectionPool
{
    /// <summary>A connection that owes replies and sent none for so long gets no more if another one can.</summary>
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(5);

    /// <summary>Sends a request over one connection, or returns false: it is gone or full.</summary>
    public bool TrySendOver(NbdConnection connection, PendingRequest request)
    {
        lock (_gate)
        {
            if (Refusal() is not null || !connection.IsAlive || connection.Load >= _requestsInFlight)
            {
                return false;
            }

            TakeSlot(connection, isAlone: false);
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
                    connection = _line.First is null ? LeastLoaded(request) : null;
                    if (connection is null)
                    {
                        _line.AddLast(request.QueueNode);
                        return;
                    }

                    TakeSlot(connection, request.IsAlone);
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

        // Others may have waited behind it for no more than its own sake.
        ServeLine();
    }

    /// <summary>A reply is complete: its slot goes to the next in line.</summary>
    public void SlotFreed(NbdConnection connection, bool hasShutdown)
    {
        bool isOver;
        lock (_gate)
        {
            ReturnSlot(connection);
            connection.IsRetired |= hasShutdown;
            isOver = connection is { IsRetired: true, IsGivenUp: false, Load: 0 };
            if (connection is { IsGivenUp: true, Load: 0 } && !_isDisposed)
            {
                Part(connection);
            }
        }

        if (isOver)
        {
            // After ESHUTDOWN a client must leave (proto.md, "Terminating the transmission phase").
            connection.Fail(new NbdException(NbdErrorKind.ConnectionLost, "the server is shutting down"));
            return;
        }

        ServeLine();
    }

    /// <summary>Sends what is first in line, as long as there is a connection for it.</summary>
    private void ServeLine()
    {
        while (true)
        {
            PendingRequest request;
            NbdConnection? connection;
            lock (_gate)
            {
                connection = _line.First is null ? null : LeastLoaded(_line.First.Value);
                if (connection is null)
                {
                    return;
                }

                request = _line.First!.Value;
                _line.RemoveFirst();
                TakeSlot(connection, request.IsAlone);
            }

            if (!connection.TrySend(request))
            {
                GiveBackSlot(connection);
                Dispatch(request);
            }
        }
    }

    private void GiveBackSlot(NbdConnection connection)
    {
        lock (_gate)
        {
            ReturnSlot(connection);
        }
    }

    // The methods below are called with _gate held.

    private bool CanCarry(NbdConnection connection, PendingRequest request) =>
        connection is { IsAdmitted: true, IsAlive: true, IsRetired: false, IsTakenAlone: false }
        && connection.Load < (request.IsAlone ? 1 : _requestsInFlight);

    private static void TakeSlot(NbdConnection connection, bool isAlone)
    {
        connection.IsTakenAlone = isAlone;
        if (connection.Load++ == 0)
        {
            // It owed nothing: what counts as its silence begins now.
            connection.Heard();
        }
    }

    private static void ReturnSlot(NbdConnection connection)
    {
        connection.Load--;
        connection.IsTakenAlone = false;
    }

    private TimeSpan SilenceOf(NbdConnection connection) => _time.GetElapsedTime(connection.LastHeard);

    private NbdConnection? LeastLoaded(PendingRequest request)
    {
        NbdConnection? best = null;
        bool isBestStalled = false;
        foreach (NbdConnection connection in _connections)
        {
            if (!CanCarry(connection, request))
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
}
