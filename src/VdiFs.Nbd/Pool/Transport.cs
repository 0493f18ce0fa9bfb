using System.Net;
using System.Net.Sockets;

namespace VdiFs.Nbd.Pool;

/// <summary>
/// Makes the stream of bytes that a connection runs over: TCP or a unix socket. TLS begins in the middle of the
/// handshake, so it is the handshake's to lay over it.
/// </summary>
internal static class Transport
{
    private const int KeepAliveIdleSeconds = 30;
    private const int KeepAliveIntervalSeconds = 10;
    private const int KeepAliveProbes = 3;

    // From netinet/tcp.h, for Linux; .NET has no name for it.
    private const int ProtocolTcp = 6;
    private const int TcpUserTimeout = 18;
    private const int UserTimeoutMilliseconds = 60_000;

    /// <summary>
    /// Connects; the stream owns its socket. TLS has its own way of waiting; a plain connection gets a receive thread.
    /// </summary>
    /// <exception cref="NbdException">ConnectFailed.</exception>
    public static async Task<Stream> ConnectAsync(NbdUri uri, CancellationToken cancellationToken)
    {
        try
        {
            return uri.IsTls
                ? await ConnectForTlsAsync(uri, cancellationToken).ConfigureAwait(false)
                : await ConnectBlockingAsync(uri, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException cause)
        {
            throw new NbdException(
                NbdErrorKind.ConnectFailed, $"cannot connect to {Place(uri)}: {Reason(uri, cause)}", cause);
        }
        catch (OutOfMemoryException cause)
        {
            // So the runtime says that a thread was refused.
            throw new NbdException(
                NbdErrorKind.ConnectFailed,
                $"cannot connect to {Place(uri)}: the system has no thread left for it; "
                + "raise the limit of processes (ulimit -u, or pids.max of the group)",
                cause);
        }
    }

    private static async Task<Stream> ConnectForTlsAsync(NbdUri uri, CancellationToken cancellationToken)
    {
        Socket socket = uri.SocketPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (uri.SocketPath is not null)
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(uri.SocketPath), cancellationToken)
                    .ConfigureAwait(false);
            }
            else
            {
                Configure(socket);
                await socket.ConnectAsync(uri.Host!, uri.Port, cancellationToken).ConfigureAwait(false);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> ConnectBlockingAsync(NbdUri uri, CancellationToken cancellationToken)
    {
        if (uri.SocketPath is not null)
        {
            return await ConnectBlockingAsync(new UnixDomainSocketEndPoint(uri.SocketPath), cancellationToken)
                .ConfigureAwait(false);
        }

        // A socket that could not connect is of no further use, so each address gets a new one.
        SocketException? last = null;
        foreach (IPAddress address in await Dns.GetHostAddressesAsync(uri.Host!, cancellationToken)
            .ConfigureAwait(false))
        {
            try
            {
                return await ConnectBlockingAsync(new IPEndPoint(address, uri.Port), cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (SocketException cause)
            {
                last = cause;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async Task<Stream> ConnectBlockingAsync(EndPoint server, CancellationToken cancellationToken)
    {
        bool isTcp = server is IPEndPoint;
        Socket socket = new(
            server.AddressFamily, SocketType.Stream, isTcp ? ProtocolType.Tcp : ProtocolType.Unspecified);
        Stream? owner = null;
        try
        {
            if (isTcp)
            {
                Configure(socket);
            }

            BlockingSocketStream stream = new(socket);
            owner = stream;
            await stream.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            IDisposable whole = owner is null ? socket : owner;
            whole.Dispose();
            throw;
        }
    }

    private static void Configure(Socket socket)
    {
        // Receive buffers are left to the kernel, which grows them to the link's bandwidth and latency
        // unless told a size.
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveIdleSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        if (OperatingSystem.IsLinux())
        {
            // Keepalive only minds a silent connection. Bytes that the other side never acknowledges would be sent
            // again for a quarter of an hour before the connection counts as broken.
            socket.SetRawSocketOption(ProtocolTcp, TcpUserTimeout, BitConverter.GetBytes(UserTimeoutMilliseconds));
        }
    }

    private static string Place(NbdUri uri) => uri.SocketPath is null
        ? $"{uri.Host} port {uri.Port}"
        : $"the socket {uri.SocketPath.Replace('\0', '@')}";

    private static string Reason(NbdUri uri, SocketException cause)
    {
        bool isPath = uri.SocketPath is { Length: > 0 } path && path[0] != '\0';
        if (isPath && !File.Exists(uri.SocketPath))
        {
            return "there is no such socket";
        }

        return cause.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "no server listens there",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the host name is unknown",
            SocketError.AccessDenied => "permission denied",
            _ => cause.Message,
        };
    }
}
