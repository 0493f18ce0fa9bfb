using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Nbd;

namespace VdiFs.Tests.Nbd.Scripted;

/// <summary>
/// An NBD server that does what a script says, byte by byte, on a unix socket or on loopback TCP. Each connection runs
/// the next script, the last one again and again. A script that ends keeps its connection until the client leaves.
/// Disposal rethrows what went wrong in a script.
/// </summary>
internal sealed class ScriptedNbdServer : IAsyncDisposable
{
    /// <summary>What turns a hang into a failure; no test waits for it otherwise.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    private readonly Socket _listener;
    private readonly string? _path;
    private readonly Func<ServerPeer, Task>[] _scripts;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _conversations = [];
    private readonly Task _accepting;

    private ScriptedNbdServer(IPAddress? address, Func<ServerPeer, Task>[] scripts)
    {
        _scripts = scripts;
        if (address is not null)
        {
            _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _listener.Bind(new IPEndPoint(address, 0));
        }
        else
        {
            _path = Path.Combine(Path.GetTempPath(), "nbd-" + Guid.NewGuid().ToString("n") + ".sock");
            _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _listener.Bind(new UnixDomainSocketEndPoint(_path));
        }

        _listener.Listen(64);
        _accepting = AcceptAsync();
    }

    public string UriText => _path is null
        ? $"nbd://{_listener.LocalEndPoint}"
        : $"nbd+unix:///?socket={_path}";

    public static ScriptedNbdServer Start(params Func<ServerPeer, Task>[] scripts) => new(null, scripts);

    public static ScriptedNbdServer StartTcp(params Func<ServerPeer, Task>[] scripts) =>
        new(IPAddress.Loopback, scripts);

    public static ScriptedNbdServer StartAt(IPAddress? address, params Func<ServerPeer, Task>[] scripts) =>
        new(address, scripts);

    public NbdUri Uri(string exportName = "") =>
        NbdUri.TryParse(UriText, out NbdUri? uri, out string error)
            ? uri with { ExportName = exportName }
            : throw new InvalidOperationException(error);

    /// <summary>A client of one connection, unless options say otherwise.</summary>
    public Task<NbdClient> ConnectAsync(string exportName = "", NbdClientOptions? options = null) =>
        NbdClient.ConnectAsync(
            Uri(exportName), options ?? new NbdClientOptions { Connections = 1 }, NullLogger.Instance,
            CancellationToken.None)
        .WaitAsync(Bound);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_conversations).WaitAsync(Bound);
        if (_path is not null)
        {
            File.Delete(_path);
        }

        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (int number = 0; ; number++)
            {
                Socket socket = await _listener.AcceptAsync(_stopping.Token);
                if (_path is null)
                {
                    // Scripts send in small parts, which would wait for one another's acknowledgement.
                    socket.NoDelay = true;
                }

                Func<ServerPeer, Task> script = _scripts[Math.Min(number, _scripts.Length - 1)];
                _conversations.Add(ConverseAsync(socket, script));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task ConverseAsync(Socket socket, Func<ServerPeer, Task> script)
    {
        using (socket)
        {
            using ServerPeer peer = new(socket, _stopping.Token);
            try
            {
                await script(peer);
                await peer.DrainAsync();
            }
            catch (Exception left) when (left is ConnectionCutException or OperationCanceledException or SocketException
                or IOException or AuthenticationException or ObjectDisposedException)
            {
                // The client hung up, the script did, or the test is over.
            }
        }
    }
}
