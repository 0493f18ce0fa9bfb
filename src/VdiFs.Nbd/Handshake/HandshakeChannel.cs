using VdiFs.Nbd.Tls;

namespace VdiFs.Nbd.Handshake;

/// <summary>
/// Exact reads and whole writes during the handshake. Replies are many and small, so it reads ahead; a server may send
/// nothing unasked, therefore nothing is left over where another layer takes the stream (transmission, TLS), and
/// <see cref="EnsureNothingLeft"/> makes sure of it: bytes that came before TLS must never count as having come through
/// it.
/// </summary>
internal sealed class HandshakeChannel(Stream stream)
{
    private readonly byte[] _ahead = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>Fills the buffer or throws HandshakeFailed, naming what was awaited.</summary>
    public async Task ReadAsync(Memory<byte> buffer, string what, CancellationToken cancellationToken)
    {
        while (buffer.Length > 0)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = 0;
                _end = await ReceiveAsync(what, cancellationToken).ConfigureAwait(false);
            }

            int taken = Math.Min(_end - _start, buffer.Length);
            _ahead.AsSpan(_start, taken).CopyTo(buffer.Span);
            _start += taken;
            buffer = buffer[taken..];
        }
    }

    /// <summary>Writes the whole buffer or throws HandshakeFailed.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> buffer, string what, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception cause) when (cause is IOException or ObjectDisposedException)
        {
            throw Ended(what, cause);
        }
    }

    /// <summary>Throws Protocol when the server has sent more than it was asked for.</summary>
    /// <param name="where">What the surplus follows, for the message.</param>
    public void EnsureNothingLeft(string where)
    {
        if (_start != _end)
        {
            throw NbdException.Protocol(
                $"{_end - _start} bytes came after {where}, before anything was asked");
        }
    }

    private async Task<int> ReceiveAsync(string what, CancellationToken cancellationToken)
    {
        try
        {
            int received = await stream.ReadAsync(_ahead, cancellationToken).ConfigureAwait(false);
            return received > 0 ? received : throw new EndOfStreamException("the connection ended");
        }
        catch (Exception cause) when (cause is IOException or ObjectDisposedException)
        {
            throw Ended(what, cause);
        }
    }

    private static NbdException Ended(string what, Exception cause) => new(
        NbdErrorKind.HandshakeFailed,
        cause is TlsFailureException
            ? $"TLS failed during {what}: {cause.Message}"
            : $"the server closed the connection during {what}",
        cause);
}
