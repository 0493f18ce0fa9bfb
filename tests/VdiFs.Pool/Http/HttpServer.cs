using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Http;

/// <summary>The HTTPS port of one host: what stunnel and xapi are there.</summary>
public sealed class HttpServer : IAsyncDisposable
{
    private const int Backlog = 128;

    // How soon a host's death is noticed by its connections.
    private static readonly TimeSpan DeathCheckPeriod = TimeSpan.FromMilliseconds(20);

    private readonly HostObject _host;
    private readonly HttpRoutes _routes;
    private readonly ConcurrentDictionary<HttpConnection, Task> _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Socket _listener;
    private readonly Task _accepting;
    private readonly Task _watching;

    private HttpServer(HostObject host, HttpRoutes routes, Socket listener)
    {
        _host = host;
        _routes = routes;
        _listener = listener;
        _accepting = AcceptAsync();
        _watching = WatchDeathAsync();
    }

    /// <summary>Starts it on the host's address and port.</summary>
    public static HttpServer Start(HostObject host, HttpRoutes routes)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Parse(host.Address), host.HttpsPort));
            listener.Listen(Backlog);
            return new HttpServer(host, routes, listener);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await _watching;
        await DropAllAsync();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                Begin(await _listener.AcceptAsync(_stopping.Token));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The client was gone before it was accepted.
            }
        }
    }

    private void Begin(Socket socket)
    {
        if (_host.Faults.Dead || _connections.Count >= HttpLimits.Connections)
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
            return;
        }

        HttpConnection connection = new(_host, _routes, socket);

        // In the table before it runs, so that it always finds itself to remove.
        TaskCompletionSource begin = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = RunAsync(connection, begin.Task);
        begin.SetResult();
    }

    private async Task RunAsync(HttpConnection connection, Task begin)
    {
        await begin;
        try
        {
            await connection.RunAsync();
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    private async Task WatchDeathAsync()
    {
        using PeriodicTimer timer = new(DeathCheckPeriod);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                if (_host.Faults.Dead)
                {
                    await DropAllAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server is stopped.
        }
    }

    private async Task DropAllAsync()
    {
        KeyValuePair<HttpConnection, Task>[] all = _connections.ToArray();
        foreach ((HttpConnection connection, _) in all)
        {
            connection.Reset();
        }

        await Task.WhenAll(all.Select(one => one.Value));
    }
}
