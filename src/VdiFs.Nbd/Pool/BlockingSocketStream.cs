using System.Net;
using System.Net.Sockets;

namespace VdiFs.Nbd.Pool;

/// <summary>
/// A socket that is never used asynchronously: the first asynchronous operation would put it into non-blocking mode
/// for good. Its receives block its <see cref="ReceiveThread"/>: at once for a caller that runs there, for others by
/// way of it. A read of zero bytes waits until there is something, and the read that follows does not block. Sends do
/// not block their caller. Disposal ends what is under way. One read and one write may be under way at once.
/// </summary>
internal sealed class BlockingSocketStream : ConnectionStream, IThreadedStream
{
    private const int Forever = -1;

    /// <summary>How long to wait for room in the line of a unix listener, in milliseconds.</summary>
    private const int LineLimitMilliseconds = 100;

    private readonly Socket _socket;
    private readonly ReceiveThread _thread;
    private volatile bool _isConnected;
    private volatile bool _isClosed;

    /// <param name="socket">A new one; disposed with this stream.</param>
    public BlockingSocketStream(Socket socket)
    {
        _socket = socket;
        _thread = new ReceiveThread(socket.Dispose);
    }

    public ReceiveThread Thread => _thread;

    /// <summary>Connects; once, before anything else.</summary>
    /// <exception cref="SocketException">It is not possible.</exception>
    public async Task ConnectAsync(EndPoint server, CancellationToken cancellationToken) =>
        _ = await OnThreadAsync(() => Connect(server), cancellationToken).ConfigureAwait(false);

    /// <summary>Receives, or waits. A cancellation closes the connection, where the thread is not the caller's.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _thread.IsCurrent
            ? ValueTask.FromResult(Receive(buffer.Span))
            : new ValueTask<int>(ReceiveElsewhereAsync(buffer, cancellationToken));

    /// <summary>Sends everything. A cancellation closes the connection, where there was something to wait for.</summary>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A socket counts as writable while a third of its buffer is free: kilobytes, of which each request needs 28.
        if (CanSend())
        {
            _ = Send(buffer.Span);
            return ValueTask.CompletedTask;
        }

        return new ValueTask(SendElsewhereAsync(buffer, cancellationToken));
    }

    /// <summary>
    /// Ends what blocks, and the thread, which disposes of the socket last: a socket that is disposed of during a
    /// receive is reset, and the server might not see the good-bye.
    /// </summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            _isClosed = true;
            if (_isConnected)
            {
                ShutDown();
            }
            else
            {
                _socket.Dispose();
            }

            _thread.End();
        }

        base.Dispose(disposing);
    }

    private void ShutDown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception cause) when (cause is SocketException or ObjectDisposedException)
        {
            // The server was faster, or another disposal.
        }
    }

    private int Connect(EndPoint server)
    {
        // Nothing but a time limit ends a wait for room in the line of a unix listener, not even a disposal.
        bool isUnix = server is UnixDomainSocketEndPoint;
        _socket.SendTimeout = isUnix ? LineLimitMilliseconds : 0;
        _socket.Connect(server);
        _socket.SendTimeout = 0;
        _isConnected = true;
        return 0;
    }

    private int Receive(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        try
        {
            if (buffer.IsEmpty)
            {
                _ = _socket.Poll(Forever, SelectMode.SelectRead);
                return 0;
            }

            return _socket.Receive(buffer);
        }
        catch (SocketException cause)
        {
            throw new IOException(cause.Message, cause);
        }
    }

    private bool CanSend()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        try
        {
            return _socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite);
        }
        catch (SocketException cause)
        {
            throw new IOException(cause.Message, cause);
        }
    }

    private int Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return _socket.Send(bytes);
        }
        catch (SocketException cause)
        {
            throw new IOException(cause.Message, cause);
        }
    }

    // Apart from their callers, for which a closure would be allocated at every call.
    private Task<int> ReceiveElsewhereAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        OnThreadAsync(() => Receive(buffer.Span), cancellationToken);

    private Task<int> SendElsewhereAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) =>
        OrCloseAsync(Task.Run(() => Send(buffer.Span), CancellationToken.None), cancellationToken);

    private Task<int> OnThreadAsync(Func<int> job, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return OrCloseAsync(_thread.RunAsync(job), cancellationToken);
    }

    /// <summary>Only its end ends what blocks on a socket, so that a cancellation leaves nothing to go on with.</summary>
    private async Task<int> OrCloseAsync(Task<int> work, CancellationToken cancellationToken)
    {
        CancellationTokenRegistration closing = cancellationToken.UnsafeRegister(
            static stream => ((BlockingSocketStream)stream!).Dispose(), this);
        int result;
        await using (closing.ConfigureAwait(false))
        {
            try
            {
                result = await work.ConfigureAwait(false);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }

        // It may have come too late for the work, but not for the stream.
        cancellationToken.ThrowIfCancellationRequested();
        return result;
    }
}
