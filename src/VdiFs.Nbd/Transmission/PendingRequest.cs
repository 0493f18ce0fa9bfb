using System.Diagnostics;
using System.Threading.Tasks.Sources;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Transmission;

/// <summary>
/// One request on its way. Two parties hold it: the caller that awaits it and the carrier (the pool's queue, then a
/// connection). It is used again only when both have let go, because a cancelled request's reply is still coming.
/// </summary>
internal sealed class PendingRequest : IValueTaskSource
{
    private readonly Lock _gate = new();
    private readonly Action<PendingRequest> _recycle;
    private readonly ByteCoverage _coverage = new();
    private ManualResetValueTaskSourceCore<bool> _completion = new() { RunContinuationsAsynchronously = true };
    private ScatterTarget _target;
    private List<NbdExtent>? _extents;
    private int _holders;

    // Guarded by _gate.
    private State _state = State.Ended;
    private NbdConnection? _receiver;
    private CancellationToken _cancelledBy;

    /// <param name="recycle">Called when both parties have let go.</param>
    public PendingRequest(Action<PendingRequest> recycle)
    {
        _recycle = recycle;
        QueueNode = new LinkedListNode<PendingRequest>(this);
    }

    private enum State
    {
        /// <summary>No reply is touching the caller's memory.</summary>
        Waiting,

        /// <summary>The connection is writing into the caller's memory.</summary>
        Receiving,

        /// <summary>As Receiving, and the caller wants to leave.</summary>
        Cancelling,

        /// <summary>The caller's task has ended; its memory is no longer ours.</summary>
        Ended,
    }

    /// <summary>Its place in the pool's queue; belongs to the pool.</summary>
    public LinkedListNode<PendingRequest> QueueNode { get; }

    /// <summary>The request type.</summary>
    public NbdCommand Command { get; private set; }

    /// <summary>Disk offset in bytes.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes asked for, 1 to 2^31.</summary>
    public long Length { get; private set; }

    /// <summary>Whether its connection carries nothing else meanwhile, so that what ends it is this request.</summary>
    public bool IsAlone { get; private set; }

    /// <summary>Set by the connection that sends it.</summary>
    public ulong Cookie { get; set; }

    /// <summary>The first error that a chunk of the reply told; the reply goes on until its last chunk.</summary>
    public NbdException? Error { get; private set; }

    /// <summary>Error chunks so far.</summary>
    public int ErrorChunks { get; private set; }

    /// <summary>Bytes of the request that chunks have covered.</summary>
    public long Covered => _coverage.Covered;

    /// <summary>Extents so far; null before a status chunk has come.</summary>
    public IReadOnlyList<NbdExtent>? Extents => _extents;

    /// <summary>The caller's task; await it once.</summary>
    public ValueTask Completion => new(this, _completion.Version);

    /// <summary>Makes it a READ into <paramref name="target"/>.</summary>
    public void PrepareRead(long offset, long length, ScatterTarget target, bool isAlone)
    {
        Prepare(NbdCommand.Read, offset, length);
        IsAlone = isAlone;
        _target = target;
    }

    /// <summary>Makes it a BLOCK_STATUS.</summary>
    public void PrepareBlockStatus(long offset, long length) => Prepare(NbdCommand.BlockStatus, offset, length);

    /// <summary>Claims a range for a content chunk before its payload is taken.</summary>
    /// <returns>Position inside the request.</returns>
    /// <exception cref="NbdException">
    /// Protocol: the range is outside the request, or a byte of it came before.
    /// </exception>
    public long Claim(ulong offset, long length)
    {
        ulong position = unchecked(offset - (ulong)Offset);
        if (offset < (ulong)Offset || length > Length || position > (ulong)(Length - length))
        {
            throw NbdException.Protocol(
                $"a chunk of {length} bytes at {offset} is outside its request of {Length} bytes at {Offset}");
        }

        return _coverage.TryAdd((long)position, length)
            ? (long)position
            : throw NbdException.Protocol($"a chunk of {length} bytes at {offset} overlaps an earlier one");
    }

    /// <summary>Takes a server's error; the first one counts.</summary>
    public void AddError(NbdException error)
    {
        Error ??= error;
        ErrorChunks++;
    }

    /// <summary>Starts the list of extents.</summary>
    public void BeginExtents() => _extents = [];

    /// <summary>Adds an extent behind the others.</summary>
    public void AddExtent(NbdExtent extent) => _extents!.Add(extent);

    /// <summary>
    /// Lends the caller's memory to the receiver until <see cref="EndReceive"/>; false when the caller has left and the
    /// bytes must go elsewhere.
    /// </summary>
    public bool TryBeginReceive(NbdConnection receiver)
    {
        lock (_gate)
        {
            Debug.Assert(_state is State.Waiting or State.Ended);
            if (_state != State.Waiting)
            {
                return false;
            }

            _state = State.Receiving;
            _receiver = receiver;
            return true;
        }
    }

    /// <summary>
    /// Memory for the bytes from <paramref name="position"/> on; only between begin and end of a receive.
    /// </summary>
    public Memory<byte> MemoryAt(long position, long length) => _target.At(position, length);

    /// <summary>Gives the caller's memory back, and lets a caller go that wanted to leave meanwhile.</summary>
    public void EndReceive()
    {
        bool isLeaving;
        lock (_gate)
        {
            isLeaving = _state == State.Cancelling;
            _state = isLeaving ? State.Ended : State.Waiting;
            _receiver = null;
            if (isLeaving)
            {
                _target = default;
            }
        }

        if (isLeaving)
        {
            _completion.SetException(new OperationCanceledException(_cancelledBy));
        }
    }

    /// <summary>
    /// The caller leaves: at once when its memory is not being written to, else as soon as the receiver has let go of
    /// it, which it is woken for.
    /// </summary>
    public void Cancel(CancellationToken cancellationToken)
    {
        NbdConnection? receiver;
        lock (_gate)
        {
            if (_state is State.Ended or State.Cancelling)
            {
                return;
            }

            receiver = _receiver;
            _cancelledBy = cancellationToken;
            _state = _state == State.Receiving ? State.Cancelling : State.Ended;
            if (_state == State.Ended)
            {
                _target = default;
            }
        }

        if (receiver is not null)
        {
            receiver.InterruptReceive();
            return;
        }

        _completion.SetException(new OperationCanceledException(cancellationToken));
    }

    /// <summary>The carrier is done: ends the caller's task unless it ended before, and lets go.</summary>
    public void Complete(Exception? error)
    {
        bool isWaiting;
        lock (_gate)
        {
            Debug.Assert(_state is State.Waiting or State.Ended);
            isWaiting = _state == State.Waiting;
            _state = State.Ended;
            _target = default;
        }

        if (isWaiting && error is null)
        {
            // What follows a good read is short, and going on here saves a change of threads, which costs as much as
            // the read. All else may lead anywhere, and the receive loop must not.
            _completion.RunContinuationsAsynchronously = Command != NbdCommand.Read;
            _completion.SetResult(true);
        }
        else if (isWaiting)
        {
            _completion.SetException(error!);
        }

        Release();
    }

    /// <summary>One of the two parties lets go.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            _extents = null;
            _recycle(this);
        }
    }

    void IValueTaskSource.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    private void Prepare(NbdCommand command, long offset, long length)
    {
        Command = command;
        Offset = offset;
        Length = length;
        IsAlone = false;
        Error = null;
        ErrorChunks = 0;
        _coverage.Clear();
        _completion.Reset();
        _completion.RunContinuationsAsynchronously = true;
        _state = State.Waiting;
        _holders = 2;
    }
}
