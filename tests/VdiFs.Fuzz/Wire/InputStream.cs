namespace VdiFs.Fuzz.Wire;

/// <summary>
/// A connection whose server is a row of bytes: reads take the next ones in pieces of a given size, and end when there
/// are none left. With a gate, bytes behind it come only when so many requests were sent.
/// </summary>
/// <param name="bytes">What the server sends.</param>
/// <param name="pieceBytes">The most that one read returns.</param>
/// <param name="gate">Position of the gate.</param>
/// <param name="requestsAwaited">Requests that open it.</param>
internal sealed class InputStream(byte[] bytes, int pieceBytes, int gate = int.MaxValue, int requestsAwaited = 0)
    : Stream
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<SentRequest> _requests = [];
    private int _position;

    /// <summary>The requests that opened the gate.</summary>
    public IReadOnlyList<SentRequest> Requests => _requests;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_position >= gate)
        {
            await _opened.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        int end = _position < gate ? Math.Min(gate, bytes.Length) : bytes.Length;
        int length = Math.Min(Math.Min(buffer.Length, pieceBytes), end - _position);
        bytes.AsSpan(_position, length).CopyTo(buffer.Span);
        _position += length;
        return length;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (!SentRequest.IsRequest(buffer.Span))
            {
                return ValueTask.CompletedTask;
            }

            for (int at = 0; at < buffer.Length && _requests.Count < requestsAwaited; at += SentRequest.Size)
            {
                _requests.Add(SentRequest.Read(buffer.Span[at..]));
            }

            if (_requests.Count >= requestsAwaited)
            {
                _opened.TrySetResult();
            }
        }

        return ValueTask.CompletedTask;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _opened.TrySetException(new ObjectDisposedException(nameof(InputStream)));
        base.Dispose(disposing);
    }
}
