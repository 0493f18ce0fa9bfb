using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

namespace VdiFs.Nbd.Tls;

/// <summary>
/// TLS with the manners of a socket: a cancelled read has taken nothing and the next one goes on where it was, and
/// every failure is an <see cref="IOException"/>. <see cref="SslStream"/> promises neither, so none of its reads is
/// ever cancelled: what waits for the server is a read of zero bytes, which touches no caller's memory; whoever leaves
/// leaves the wait standing, and the next reader takes it over. The read that follows finds bytes decrypted and does
/// not wait. One read and one write may be under way at once.
/// </summary>
internal sealed class TlsStream(SslStream tls) : ConnectionStream
{
    private Task<int>? _wait;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await WaitAsync(cancellationToken).ConfigureAwait(false);
            return await tls.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception cause) when (IsOfTls(cause))
        {
            throw new TlsFailureException(cause);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await tls.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception cause) when (IsOfTls(cause))
        {
            throw new TlsFailureException(cause);
        }
    }

    /// <summary>
    /// Closes the connection below, which ends the wait that is under way. Nothing is sent: a peer that takes no bytes
    /// must not hold up a disposal, and NBD has its own good-bye.
    /// </summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            tls.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (_wait is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ValueTask<int> wait = tls.ReadAsync(Memory<byte>.Empty, CancellationToken.None);
            if (wait.IsCompletedSuccessfully)
            {
                _ = wait.Result;
                return;
            }

            _wait = wait.AsTask();
        }

        await _wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        _wait = null;
    }

    /// <summary>
    /// Whether TLS itself failed - an alert, a forged record, a session that is over - and not the connection below it.
    /// </summary>
    private static bool IsOfTls(Exception cause) => cause is AuthenticationException or InvalidOperationException
            and not ObjectDisposedException
        || cause is IOException { InnerException: not (null or SocketException) };
}
