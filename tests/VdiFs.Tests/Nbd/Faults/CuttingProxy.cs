using System.Net;
using System.Net.Sockets;

namespace VdiFs.Tests.Nbd.Faults;

/// <summary>
/// A TCP proxy on loopback that ends connections after an exact number of bytes, so that any session can be cut
/// anywhere, whatever it is made of. Each connection takes the next cut of the queue; with an empty queue it passes.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly EndPoint _server;
    private readonly Task _accepting;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Queue<Cut> _cuts = new();
    private readonly List<Task> _connections = [];

    public CuttingProxy(EndPoint server)
    {
        _server = server;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Connections that were cut.</summary>
    public int CutCount { get; private set; }

    /// <summary>Connections that both sides have left, or that were cut.</summary>
    public int Ended { get; private set; }

    /// <summary>Connections taken.</summary>
    public int Accepted { get; private set; }

    /// <summary>Cuts the next connection that has no cut yet.</summary>
    public void Enqueue(Cut cut)
    {
        lock (_gate)
        {
            _cuts.Enqueue(cut);
        }
    }

    /// <summary>Waits until the client has closed each of its connections, also those that were cut in order.</summary>
    public async Task AllEndedAsync()
    {
        using CancellationTokenSource bound = new(Scripted.ScriptedNbdServer.Bound);
        while (Ended < Accepted || Accepted == 0)
        {
            await Task.Delay(1, bound.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections).WaitAsync(Scripted.ScriptedNbdServer.Bound);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync();
                lock (_gate)
                {
                    Accepted++;
                    _connections.Add(PassAsync(client, _cuts.TryDequeue(out Cut? cut) ? cut : null));
                }
            }
        }
        catch (Exception stopped) when (stopped is ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task PassAsync(Socket client, Cut? cut)
    {
        using (client)
        {
            using Socket server = new(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            client.NoDelay = true;
            server.NoDelay = true;
            bool isCut = false;
            try
            {
                await server.ConnectAsync(_server);
                Task<bool>[] ways =
                [
                    CopyAsync(client, server, cut is { OfServer: false } ? cut.After : null),
                    CopyAsync(server, client, cut is { OfServer: true } ? cut.After : null),
                ];
                isCut = await await Task.WhenAny(ways);
                if (isCut && cut!.ByReset)
                {
                    client.LingerState = new LingerOption(true, 0);
                }
                else if (isCut)
                {
                    // A socket that is closed with bytes unread resets: an orderly end waits until the client leaves.
                    client.Shutdown(SocketShutdown.Send);
                    server.Close();
                    await DrainAsync(client);
                }

                client.Close();
                server.Close();
                await ((Task)Task.WhenAll(ways)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (SocketException)
            {
                // One of the two has left.
            }

            lock (_gate)
            {
                CutCount += isCut ? 1 : 0;
                Ended++;
            }
        }
    }

    private static async Task DrainAsync(Socket socket)
    {
        byte[] rest = new byte[4096];
        while (await socket.ReceiveAsync(rest) > 0)
        {
        }
    }

    /// <summary>Passes bytes on; true when it stopped because as many as may pass have passed.</summary>
    private static async Task<bool> CopyAsync(Socket from, Socket to, long? limit)
    {
        byte[] buffer = new byte[4096];
        long left = limit ?? long.MaxValue;
        while (left > 0)
        {
            int received = await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
            if (received == 0)
            {
                return false;
            }

            for (int sent = 0; sent < received;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, received - sent));
            }

            left -= received;
        }

        return true;
    }
}
