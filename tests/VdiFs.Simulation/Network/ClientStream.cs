using System.Threading.Tasks.Sources;
using VdiFs.Nbd;

namespace VdiFs.Simulation.Network;

/// <summary>
/// The client's end of a simulated connection, with the manners of a NetworkStream: a cancelled receive has taken
/// nothing, a disposal ends what waits, and continuations run on the thread pool.
/// </summary>
internal sealed class ClientStream(Connection connection) : ConnectionStream, IValueTaskSource<int>
{
    private readonly Queue<ReadOnlyMemory<byte>> _arrived = new();
    private ManualResetValueTaskSourceCore<int> _receive = new() { RunContinuationsAsynchronously = true };
    private TaskCompletionSource? _room;
    private CancellationTokenRegistration _registration;
    private Memory<byte> _destination;
    private int _taken;
    private bool _isReceiving;
    private bool _hasEnded;
    private bool _isReset;
    private bool _isDisposed;

    /// <summary>Most bytes that one receive takes.</summary>
    public int LongestReceive { get; set; } = int.MaxValue;

    /// <summary>Whether the peer's window is closed, so that a send waits.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>Something has come over the network.</summary>
    public void Receive(Parcel parcel)
    {
        _isReset |= parcel.Kind == ParcelKind.Reset;
        _hasEnded |= parcel.Kind == ParcelKind.End;
        foreach (ReadOnlyMemory<byte> piece in parcel.Bytes)
        {
            if (piece.Length > 0)
            {
                _arrived.Enqueue(piece);
            }
        }

        if (_isReset)
        {
            _arrived.Clear();
            _room?.TrySetException(Broken());
        }

        if (_isReceiving && IsReady)
        {
            CompleteReceive();
        }
    }

    /// <summary>Closes or opens the peer's window.</summary>
    public void Block(bool isBlocked)
    {
        IsBlocked = isBlocked;
        if (!isBlocked)
        {
            _room?.TrySetResult();
            _room = null;
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isReceiving)
        {
            throw new InvalidOperationException("two receives at once on one connection");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        if (IsReady)
        {
            return _isReset ? ValueTask.FromException<int>(Broken()) : ValueTask.FromResult(Take(buffer));
        }

        _isReceiving = true;
        _destination = buffer;
        _receive.Reset();
        _registration = cancellationToken.UnsafeRegister(
            static (stream, token) => ((ClientStream)stream!).CancelReceive(token), this);
        return new ValueTask<int>(this, _receive.Version);
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        while (IsBlocked && !_isReset)
        {
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _room.Task.WaitAsync(cancellationToken);
        }

        if (_isReset || _isDisposed)
        {
            throw Broken();
        }

        connection.FromClient(buffer.ToArray());
    }

    int IValueTaskSource<int>.GetResult(short token) => _receive.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _receive.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _receive.OnCompleted(continuation, state, token, flags);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _arrived.Clear();
        _room?.TrySetException(Broken());
        if (_isReceiving)
        {
            EndReceive();
            _receive.SetException(Broken());
        }

        connection.ClientLeft();
    }

    private bool IsReady => _isReset || _hasEnded || _arrived.Count > 0;

    private static IOException Broken() => new("the simulated connection is broken");

    private void CompleteReceive()
    {
        Memory<byte> destination = _destination;
        EndReceive();
        if (_isReset)
        {
            _receive.SetException(Broken());
        }
        else
        {
            _receive.SetResult(Take(destination));
        }
    }

    private void CancelReceive(CancellationToken token)
    {
        if (_isReceiving)
        {
            EndReceive();
            _receive.SetException(new OperationCanceledException(token));
        }
    }

    private void EndReceive()
    {
        _isReceiving = false;
        _destination = default;
        _registration.Unregister();
    }

    private int Take(Memory<byte> destination)
    {
        int taken = 0;
        int limit = Math.Min(destination.Length, LongestReceive);
        while (taken < limit && _arrived.TryPeek(out ReadOnlyMemory<byte> piece))
        {
            int length = Math.Min(piece.Length - _taken, limit - taken);
            piece.Slice(_taken, length).CopyTo(destination[taken..]);
            taken += length;
            _taken += length;
            if (_taken == piece.Length)
            {
                _arrived.Dequeue();
                _taken = 0;
            }
        }

        return taken;
    }
}
