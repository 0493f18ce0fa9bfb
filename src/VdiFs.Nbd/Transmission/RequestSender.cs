using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Transmission;

/// <summary>
/// The sending end of a connection. Requests are small, so they are collected while a write is under way and go out
/// together with the next; whoever finds no write under way does it.
/// </summary>
internal sealed class RequestSender
{
    private readonly Stream _stream;
    private readonly Action<Exception> _onFailure;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private byte[] _collecting;
    private byte[] _writing;
    private int _length;
    private bool _isWriting;
    private bool _isClosed;
    private TaskCompletionSource? _idle;

    /// <param name="stream">Where to write.</param>
    /// <param name="capacity">Requests that may wait at once: those in flight and the good-bye.</param>
    /// <param name="onFailure">
    /// Called when a write fails, and when more requests wait than honest answers make room for.
    /// </param>
    public RequestSender(Stream stream, int capacity, Action<Exception> onFailure)
    {
        _stream = stream;
        _onFailure = onFailure;
        _collecting = new byte[capacity * RequestHeader.Size];
        _writing = new byte[capacity * RequestHeader.Size];
    }

    /// <summary>Sends a request now, or with the next write.</summary>
    public void Send(RequestHeader request)
    {
        if (!TryCollect(request, out bool startsWriting))
        {
            _onFailure(NbdException.Protocol("the server answers requests that it has not taken yet"));
            return;
        }

        if (!startsWriting)
        {
            return;
        }

        // Never awaited by a caller, whose cancellation must not tear a request in two; IdleAsync awaits its end.
        _ = WriteAsync();
    }

    /// <summary>Sends nothing more, and waits for the write that is under way.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (!_isWriting)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>
    /// False when there is no room: a slot comes free by a reply, so somebody replied to what is still here.
    /// </summary>
    private bool TryCollect(RequestHeader request, out bool startsWriting)
    {
        lock (_gate)
        {
            startsWriting = false;
            if (_isClosed)
            {
                return true;
            }

            if (_length == _collecting.Length)
            {
                _isClosed = true;
                return false;
            }

            request.Write(_collecting.AsSpan(_length));
            _length += RequestHeader.Size;
            startsWriting = !_isWriting;
            _isWriting = true;
            return true;
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            for (int length = Swap(); length > 0; length = Swap())
            {
                await _stream.WriteAsync(_writing.AsMemory(0, length), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception cause)
        {
            // The top of the writing loop: whatever a transport throws, nobody may wait for a write that has ended.
            End();
            _onFailure(cause);
        }
    }

    private int Swap()
    {
        lock (_gate)
        {
            if (_length > 0)
            {
                (_collecting, _writing) = (_writing, _collecting);
                int length = _length;
                _length = 0;
                return length;
            }

            _isWriting = false;
            _idle?.TrySetResult();
            return 0;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _isClosed = true;
            _isWriting = false;
            _idle?.TrySetResult();
        }
    }
}
