using System.Net.Sockets;
using VdiFs.Nbd;

namespace VdiFs.Tests.Nbd.Scripted;

/// <summary>A transport without a receive thread, to a unix socket.</summary>
internal static class AsynchronousSocket
{
    public static async Task<Stream> ConnectAsync(NbdUri uri, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(uri.SocketPath!), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
