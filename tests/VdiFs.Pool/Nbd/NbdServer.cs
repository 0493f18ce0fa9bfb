using System.Collections.Concurrent;
using System.Net;
using VdiFs.Pool.Net;
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

    private readonly PoolState _pool;
    private readonly HostObject _host;
    private readonly ConcurrentDictionary<VbdObject, byte> _toCleanUp = new();
    private readonly HostPort _port;

    private NbdServer(PoolState pool, HostObject host)
    {
        _pool = pool;
        _host = host;
        _host.NbdCertificate = _host.ServerCertificate;
        _port = new HostPort(host, socket => new NbdConnection(pool, host, this, socket))
        {
            Limit = () => host.Faults.NbdConnectionLimit,
            Revived = BeginLife,
        };
    }

    /// <summary>Connections that are served now.</summary>
    public int Connections => _port.Connections;

    /// <summary>Connections taken so far, those included that were refused at once.</summary>
    public int Taken => _port.Taken;

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => _port.EndPoint;

    /// <summary>Starts the daemon on the host's address and NBD port.</summary>
    public static NbdServer Start(PoolState pool, HostObject host)
    {
        NbdServer server = new(pool, host);
        server._port.Start(host.NbdPort, Backlog);
        return server;
    }

    /// <summary>
    /// The daemon crashes and systemd starts it again: connections end, the certificate is read anew, and the VBDs of
    /// the last life are cleaned up.
    /// </summary>
    public async Task RestartAsync()
    {
        await _port.DropAllAsync();
        BeginLife();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _port.DisposeAsync();
        BeginLife();
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
}
