using System.Buffers;
using System.Net.Security;
using System.Runtime.CompilerServices;

namespace VdiFs.Nbd.Tls;

/// <summary>
/// What TLS receives through: takes as much from the connection at once as is there, and serves it record by record
/// without a wait. A record has 16 KiB at most, so that <see cref="SslStream"/> alone asks the kernel twice for each.
/// One read and one write may be under way at once.
/// </summary>
/// <remarks>
/// No memory is held while waiting. What waits is a read of zero bytes; a buffer is rented when there is something to
/// put into it, and given back before the next wait, because <see cref="SslStream"/> asks for more only when it has
/// taken everything into its own. So there are as many of them as threads that receive, not as connections.
/// </remarks>
/// <param name="connection">The stream below; disposed with this one.</param>
/// <param name="pool">Where the buffers come from; only whole ones that nobody uses go back.</param>
internal sealed class ReceiveAheadStream(Stream connection, ArrayPool<byte> pool) : ConnectionStream
{
    /// <summary>
    /// More than a unix socket holds by default (net.core.wmem_default), and little enough to be still in a
    /// processor's cache when it is deciphered.
    /// </summary>
    public const int BufferBytes = 256 * 1024;

    private byte[]? _buffer;
    private int _start;
    private int _end;
    private bool _hasWaited;

    /// <summary>Serves what was received, or receives; a read of zero bytes waits until there is something.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_buffer is not null)
        {
            return ValueTask.FromResult(Serve(buffer.Span));
        }

        return buffer.IsEmpty ? WaitAsync(cancellationToken) : ReceiveAsync(buffer, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.WriteAsync(buffer, cancellationToken);

    public override void Flush() => connection.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    /// <summary>
    /// Closes the connection, which ends the read that is under way. A buffer with bytes that nobody took is left to
    /// the garbage collector: that read may be using it, and out of the pool it would be another connection's.
    /// </summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            connection.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Serve(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        if (_start == _end)
        {
            pool.Return(_buffer!);
            _buffer = null;
        }

        return count;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(CancellationToken cancellationToken)
    {
        _ = await connection.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
        _hasWaited = true;
        return 0;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (!_hasWaited)
        {
            _ = await WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _hasWaited = false;

        // Left to the garbage collector after a failure: not every stream promises to write nothing any more then.
        byte[] buffer = pool.Rent(BufferBytes);
        int received = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        (_buffer, _start, _end) = (buffer, 0, received);
        return Serve(destination.Span);
    }
}
