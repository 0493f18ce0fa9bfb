using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Net;

/// <summary>A TCP port of one host: takes connections, keeps them until they end, drops all when the host
/// dies.</summary>
internal sealed class HostPort : IAsyncDisposable
{
    // How soon a host's death is noticed by its connections.
    private static readonly TimeSpan DeathCheckPeriod = TimeSpan.FromMilliseconds(20);

    private readonly HostObject _host;
    private readonly Func<Socket, IHostConnection> _connect;
    private readonly ConcurrentDictionary<IHostConnection, Task> _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Task _accepting = Task.CompletedTask;
    private Task _watching = Task.CompletedTask;
    private int _taken;

    /// <param name="host">Whose port it is; IPv4, as the real ones.</param>
    /// <param name="connect">Makes what serves a client. Owns the socket from then on.</param>
    public HostPort(HostObject host, Func<Socket, IHostConnection> connect)
    {
        _host = host;
        _connect = connect;
    }

    /// <summary>Connections that are served now.</summary>
    public int Connections => _connections.Count;

    /// <summary>Connections taken so far, those included that were refused at once.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>More than so many are refused.</summary>
    public required Func<int> Limit { get; init; }

    /// <summary>Whether who is one too many is reset; otherwise the connection ends in order.</summary>
    public bool ResetsTooMany { get; init; }

    /// <summary>Called when the host is back.</summary>
    public Action Revived { get; init; } = () => { };

    /// <summary>Listens, and takes connections from then on.</summary>
    public void Start(int port, int backlog)
    {
        try
        {
            _listener.Bind(new IPEndPoint(IPAddress.Parse(_host.Address), port));
            _listener.Listen(backlog);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        _accepting = AcceptAsync();
        _watching = WatchDeathAsync();
    }

    /// <summary>Resets all connections and waits for their ends.</summary>
    public async Task DropAllAsync()
    {
        KeyValuePair<IHostConnection, Task>[] all = _connections.ToArray();
        foreach ((IHostConnection connection, _) in all)
        {
            connection.Reset();
        }

        await Task.WhenAll(all.Select(one => one.Value));
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
        Interlocked.Increment(ref _taken);
        bool isDead = _host.Faults.Dead;
        if (isDead || _connections.Count >= Limit())
        {
            socket.LingerState = new LingerOption(isDead || ResetsTooMany, 0);
            socket.Dispose();
            return;
        }

        IHostConnection connection = _connect(socket);

        // In the table before it runs, so that it always finds itself to remove.
        TaskCompletionSource begin = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = RunAsync(connection, begin.Task);
        begin.SetResult();
    }

    private async Task RunAsync(IHostConnection connection, Task begin)
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
        bool wasDead = false;
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                bool isDead = _host.Faults.Dead;
                if (isDead)
                {
                    await DropAllAsync();
                }
                else if (wasDead)
                {
                    Revived();
                }

                wasDead = isDead;
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon is stopped.
        }
    }
}
