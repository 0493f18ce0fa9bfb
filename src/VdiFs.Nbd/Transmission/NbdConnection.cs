using System.Diagnostics;
using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Pool;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Transmission;

/// <summary>
/// One connection in the transmission phase: slots for requests in flight, a sender and a receive loop. It dies once,
/// for one reason, and fails what is in flight at that moment; the receive loop alone does so, because only it knows
/// that nothing writes into the callers' memory any more.
/// </summary>
internal sealed class NbdConnection : IAsyncDisposable
{
    /// <summary>How long a silent server may delay the good-bye.</summary>
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(1);

    private readonly Stream _stream;
    private readonly ReceiveThread? _thread;
    private readonly ConnectionPool _pool;
    private readonly ReceiveBuffer _buffer;
    private readonly RequestSender _sender;
    private readonly ReplyReceiver _receiver;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private Task _receiving = Task.CompletedTask;
    private long _lastHeard;

    // Guarded by _gate.
    private readonly PendingRequest?[] _slots;
    private readonly Stack<int> _freeSlots;
    private ulong _sequence;
    private bool _isOver;

    private volatile NbdException? _fault;
    private volatile bool _isLeaving;

    public NbdConnection(
        int number,
        Stream stream,
        HandshakeResult handshake,
        int requestsInFlight,
        ConnectionPool pool,
        TimeProvider time)
    {
        _time = time;
        Number = number;
        _stream = stream;
        _pool = pool;
        _slots = new PendingRequest?[requestsInFlight];
        _freeSlots = new Stack<int>(Enumerable.Range(0, requestsInFlight));
        _thread = (stream as IThreadedStream)?.Thread;
        _buffer = new ReceiveBuffer(stream, isThreaded: _thread is not null);
        _sender = new RequestSender(
            stream,
            requestsInFlight + 1,
            cause => Fail(cause as NbdException ?? Lost("writing to the server failed", cause)));
        _receiver = new ReplyReceiver(
            this, _buffer, handshake.Export.HasStructuredReplies, handshake.AllocationContext, handshake.Name);
    }

    /// <summary>Counts connections of a pool from 1, for the log.</summary>
    public int Number { get; }

    /// <summary>Requests given to this connection and not finished; belongs to the pool and its lock.</summary>
    public int Load { get; set; }

    /// <summary>Timestamp of the last bytes of a reply, or of the first request since none was owed.</summary>
    public long LastHeard => Volatile.Read(ref _lastHeard);

    /// <summary>Whether it was found trustworthy; belongs to the pool and its lock.</summary>
    public bool IsAdmitted { get; set; }

    /// <summary>Whether the server said that it is leaving; belongs to the pool and its lock.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Whether it was retired by this side; belongs to the pool and its lock.</summary>
    public bool IsGivenUp { get; set; }

    /// <summary>Whether its one request wants no other beside it; belongs to the pool and its lock.</summary>
    public bool IsTakenAlone { get; set; }

    /// <summary>Whether requests can still be sent.</summary>
    public bool IsAlive => _fault is null;

    /// <summary>Starts the receive loop; once.</summary>
    public void Start() => _receiving = _thread?.RunAsync(ReceiveAsync).Unwrap() ?? Task.Run(ReceiveAsync);

    /// <summary>
    /// Sends a request; false when the connection is dead and the request still the caller's. The pool never gives it
    /// more requests than there are slots.
    /// </summary>
    public bool TrySend(PendingRequest request)
    {
        RequestHeader header;
        lock (_gate)
        {
            if (_isOver || _fault is not null)
            {
                return false;
            }

            // The sequence makes yesterday's cookie of the same slot a stranger.
            int slot = _freeSlots.Pop();
            request.Cookie = (++_sequence << 16) | (uint)slot;
            _slots[slot] = request;

            // From here on a hostile answer may end the request, so nothing of it is read after the lock.
            header = new RequestHeader(
                NbdMagic.Request, 0, request.Command, request.Cookie, (ulong)request.Offset, (uint)request.Length);
        }

        _sender.Send(header);
        return true;
    }

    /// <summary>The request in flight with this cookie, or null.</summary>
    public PendingRequest? Find(ulong cookie)
    {
        lock (_gate)
        {
            ulong slot = cookie & 0xffff;
            PendingRequest? request = slot < (ulong)_slots.Length ? _slots[slot] : null;
            return request?.Cookie == cookie ? request : null;
        }
    }

    /// <summary>The reply to a request is complete.</summary>
    public void Finish(PendingRequest request)
    {
        NbdException? error = request.Error;
        Heard();
        Free(request);
        _pool.SlotFreed(this, hasShutdown: error?.Errno == NbdErrno.Shutdown);
        request.Complete(error);
    }

    /// <summary>Bytes of a reply came, or one is owed from now on.</summary>
    public void Heard() => Volatile.Write(ref _lastHeard, _time.GetTimestamp());

    /// <summary>Wakes the receive loop so that it looks whether its caller has left.</summary>
    public void InterruptReceive() => _buffer.Interrupt();

    /// <summary>
    /// Ends the connection; the first reason counts. What is in flight fails as soon as the receive loop has stopped.
    /// </summary>
    public void Fail(NbdException reason)
    {
        if (Interlocked.CompareExchange(ref _fault, reason, null) is null)
        {
            _stream.Dispose();
            _buffer.Interrupt();
        }
    }

    /// <summary>Says good-bye and ends the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        // A server that closes the connection at a good-bye does not hang up.
        _isLeaving = true;
        _sender.Send(new RequestHeader(NbdMagic.Request, 0, NbdCommand.Disconnect, 0, 0, 0));
        try
        {
            await _sender.CloseAsync().WaitAsync(GoodbyeLimit, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The server takes no bytes any more; it will see the connection close.
        }

        Fail(new NbdException(NbdErrorKind.ConnectionLost, "the client was closed"));
        await _sender.CloseAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
    }

    private static NbdException Lost(string what, Exception cause) => new(NbdErrorKind.ConnectionLost, what, cause);

    private NbdException HungUp(string what, Exception cause) =>
        new(NbdErrorKind.ConnectionLost, what, cause) { IsHangUp = !_isLeaving };

    private async Task ReceiveAsync()
    {
        try
        {
            await _receiver.RunAsync().ConfigureAwait(false);
            throw new UnreachableException();
        }
        catch (NbdException broken)
        {
            Fail(broken);
        }
        catch (EndOfStreamException cause)
        {
            Fail(HungUp("the server closed the connection", cause));
        }
        catch (IOException cause)
        {
            Fail(HungUp("the connection to the server broke", cause));
        }
        catch (ObjectDisposedException cause)
        {
            Fail(Lost("the connection to the server broke", cause));
        }
        catch (Exception cause)
        {
            // A caller's buffers that are gone, perhaps. Nobody may wait for ever for a loop that has ended.
            Fail(Lost($"receiving a reply failed: {cause.Message}", cause));
        }

        FailAllInFlight();
    }

    private void FailAllInFlight()
    {
        NbdException fault = _fault!;
        List<PendingRequest> lost = [];
        lock (_gate)
        {
            _isOver = true;
            foreach (PendingRequest? request in _slots)
            {
                if (request is not null)
                {
                    lost.Add(request);
                }
            }

            Array.Clear(_slots);
        }

        _pool.ConnectionLost(this, fault);
        foreach (PendingRequest request in lost)
        {
            // Whose reply broke the rules hears so; the others only lost their connection. Exceptions are never shared:
            // each caller throws its own.
            bool isToBlame = fault.Kind == NbdErrorKind.Protocol && ReferenceEquals(request, _receiver.Current);
            bool keepsReason = isToBlame || fault.Kind == NbdErrorKind.ExportChanged;
            request.Complete(new NbdException(
                keepsReason ? fault.Kind : NbdErrorKind.ConnectionLost,
                keepsReason ? fault.Message : $"the connection ended before its reply: {fault.Message}",
                fault)
            {
                Offset = request.Offset,
                IsHangUp = fault.IsHangUp,
            });
        }
    }

    private void Free(PendingRequest request)
    {
        lock (_gate)
        {
            int slot = (int)(request.Cookie & 0xffff);
            _slots[slot] = null;
            _freeSlots.Push(slot);
        }
    }
}
