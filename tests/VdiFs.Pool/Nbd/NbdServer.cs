using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Nbd;

/// <summary>
/// The xapi-nbd of one host (xen-api: ocaml/nbd/src/main.ml): listens, counts, and keeps the list of VBDs that it must
/// clean up.
/// </summary>
public sealed class NbdServer : IAsyncDisposable
{
    // xen-api: ocaml/nbd/src/main.ml. Others may connect meanwhile; the kernel keeps them waiting.
    private const int Backlog = 5;

    // How soon a host's death is noticed by its connections.
    private static readonly TimeSpan DeathCheckPeriod = TimeSpan.FromMilliseconds(20);

    private readonly PoolState _pool;
    private readonly HostObject _host;
    private readonly ConcurrentDictionary<NbdConnection, Task> _connections = new();
    private readonly ConcurrentDictionary<VbdObject, byte> _toCleanUp = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Socket _listener;
    private readonly Task _accepting;
    private readonly Task _watching;

    private NbdServer(PoolState pool, HostObject host, Socket listener)
    {
        _pool = pool;
        _host = host;
        _listener = listener;
        _host.NbdCertificate = _host.ServerCertificate;
        _accepting = AcceptAsync();
        _watching = WatchDeathAsync();
    }

    /// <summary>Connections that are served now, or are being refused.</summary>
    public int Connections => _connections.Count;

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Starts the daemon on the host's address and NBD port; IPv4, as the real one.</summary>
    public static NbdServer Start(PoolState pool, HostObject host)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Parse(host.Address), host.NbdPort));
            listener.Listen(Backlog);
            return new NbdServer(pool, host, listener);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The daemon crashes and systemd starts it again: connections end, the certificate is read anew, and the VBDs of
    /// the last life are cleaned up.
    /// </summary>
    public async Task RestartAsync()
    {
        await DropAllAsync();
        BeginLife();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await _watching;
        await RestartAsync();
        _stopping.Dispose();
    }

    internal void NoteVbd(VbdObject vbd) => _toCleanUp.TryAdd(vbd, 0);

    internal void ForgetVbd(VbdObject vbd) => _toCleanUp.TryRemove(vbd, out _);

    private void BeginLife()
    {
        _host.NbdCertificate = _host.ServerCertificate;
        foreach (VbdObject vbd in _toCleanUp.Keys)
        {
            _pool.DetachFromDom0(vbd);
            _toCleanUp.TryRemove(vbd, out _);
        }
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
        bool isFull = _connections.Count >= _host.Faults.NbdConnectionLimit;
        if (_host.Faults.Dead || isFull)
        {
            socket.LingerState = new LingerOption(_host.Faults.Dead, 0);
            socket.Dispose();
            return;
        }

        NbdConnection connection = new(_pool, _host, this, socket);
        // In the table before it runs, so that it always finds itself to remove.
        TaskCompletionSource begin = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = RunAsync(connection, begin.Task);
        begin.SetResult();
    }

    private async Task RunAsync(NbdConnection connection, Task begin)
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
                    BeginLife();
                }

                wasDead = isDead;
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon is stopped.
        }
    }

    private async Task DropAllAsync()
    {
        KeyValuePair<NbdConnection, Task>[] all = _connections.ToArray();
        foreach ((NbdConnection connection, _) in all)
        {
            connection.Crash();
        }

        await Task.WhenAll(all.Select(one => one.Value));
    }
}
