using System.Net;
using System.Net.Sockets;

namespace VdiFs.EndToEnd.Harness.Servers;

/// <summary>TCP ports of the loopback interface that are free, and stay so until the one who asked listens
/// there.</summary>
internal static class FreePort
{
    // Below the ports that Linux gives to outgoing connections (ip(7): ip_local_port_range begins at 32768).
    private const int First = 20_000;
    private const int End = 32_000;

    private static readonly Lock Gate = new();

    // A port belongs to who holds the UDP port of the same number, until this process ends.
    private static readonly List<Socket> Held = [];
    private static int _next = First;

    /// <summary>A port that nobody listens on, and that no other test gets.</summary>
    public static int Next()
    {
        lock (Gate)
        {
            while (_next < End)
            {
                int port = _next++;
                if (TryHold(port) && IsFree(port))
                {
                    return port;
                }
            }
        }

        throw new InvalidOperationException($"no port from {First} to {End} is free");
    }

    private static bool TryHold(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        if (TryBind(socket, port))
        {
            Held.Add(socket);
            return true;
        }

        socket.Dispose();
        return false;
    }

    private static bool IsFree(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        return TryBind(socket, port);
    }

    private static bool TryBind(Socket socket, int port)
    {
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
