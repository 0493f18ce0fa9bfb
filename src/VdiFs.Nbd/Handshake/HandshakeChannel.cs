using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>
/// Exact reads and whole writes during the handshake. It never reads ahead: what follows belongs to another layer
/// (transmission, or TLS one day).
/// </summary>
internal sealed class HandshakeChannel(Stream stream)
{
    /// <summary>The stream below, for the layer that takes over.</summary>
    public Stream Stream => stream;

    /// <summary>Fills the buffer or throws HandshakeFailed, naming what was awaited.</summary>
    public async Task ReadAsync(Memory<byte> buffer, string what, CancellationToken cancellationToken)
    {
        try
        {
            await stream.ReadExactlyAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception cause) when (cause is IOException or ObjectDisposedException)
        {
            throw Ended(what, cause);
        }
    }

    /// <summary>Reads and throws away.</summary>
    public async Task SkipAsync(int length, string what, CancellationToken cancellationToken) =>
        await ReadAsync(new byte[Math.Min(length, NbdLimits.OptionReplyBytes)], what, cancellationToken).ConfigureAwait(false);

    /// <summary>Writes the whole buffer or throws HandshakeFailed.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> buffer, string what, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception cause) when (cause is IOException or ObjectDisposedException)
        {
            throw Ended(what, cause);
        }
    }

    private static NbdException Ended(string what, Exception cause) =>
        new(NbdErrorKind.HandshakeFailed, $"the server closed the connection during {what}", cause);
}
