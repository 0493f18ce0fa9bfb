using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace VdiFs.Tests.Xapi.Scripted;

/// <summary>A HTTPS server on loopback that answers as a function says. Reads HTTP by hand, so that it sees every
/// byte.</summary>
internal sealed class ScriptedHost : IAsyncDisposable
{
    /// <summary>What turns a hang into a failure; no test waits for it otherwise.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    private readonly string _name;
    private readonly SslServerAuthenticationOptions _tls;
    private readonly Func<HostRequest, CancellationToken, Task<HostAnswer>> _script;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _conversations = [];
    private readonly Task _accepting;

    public ScriptedHost(
        string name, X509Certificate2 certificate, Func<HostRequest, CancellationToken, Task<HostAnswer>> script)
    {
        _name = name;
        _script = script;
        _tls = new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            EnabledSslProtocols = SslProtocols.Tls12,

            // What XAPI's stunnel offers, and nothing else.
            CipherSuitesPolicy = OperatingSystem.IsLinux()
                ? new CipherSuitesPolicy([TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384])
                : null,
        };
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        // Ends the accepting before the listener goes: it must not be asked between two connections.
        await _stopping.CancelAsync();
        await _accepting;
        _listener.Dispose();
        await Task.WhenAll(_conversations).WaitAsync(Bound);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _conversations.Add(ConverseAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ConverseAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await using SslStream stream = new(client.GetStream());
                await stream.AuthenticateAsServerAsync(_tls, _stopping.Token);
                while (await ReadAsync(stream) is { } request)
                {
                    HostAnswer answer = await _script(request, _stopping.Token);
                    await stream.WriteAsync(answer.Bytes, _stopping.Token);
                    if (answer.Closes)
                    {
                        return;
                    }
                }
            }
            catch (Exception left) when (left is OperationCanceledException or IOException or AuthenticationException
                or SocketException or ObjectDisposedException)
            {
                // The client hung up, did not trust us, or the test is over.
            }
        }
    }

    private async Task<HostRequest?> ReadAsync(SslStream stream)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (head.Count < 4 || Encoding.ASCII.GetString([.. head[^4..]]) != "\r\n\r\n")
        {
            if (await stream.ReadAsync(one, _stopping.Token) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        HostRequest request = new() { Host = _name, Head = Encoding.ASCII.GetString([.. head]), Body = [] };
        byte[] body = new byte[int.Parse(request.HeaderOf("Content-Length") ?? "0", null)];
        await stream.ReadExactlyAsync(body, _stopping.Token);
        return new HostRequest { Host = _name, Head = request.Head, Body = body };
    }
}
