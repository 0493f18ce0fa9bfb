using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using VdiFs.Pool;
using VdiFs.Pool.Net;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Pool.Http;

/// <summary>The demo pool on loopback addresses of its own, and a client that sends exactly what it is told.</summary>
internal sealed class WireBench : IAsyncDisposable
{
    private const string Password = "right";
    private const int HttpsPort = 44_310;
    private const int NbdPort = 44_311;

    private WireBench(PoolSimulator simulator) => Simulator = simulator;

    public PoolSimulator Simulator { get; }

    public PoolState State => Simulator.State;

    /// <summary>Starts a pool on addresses of its own.</summary>
    public static async Task<WireBench> StartAsync() =>
        new(await LoopbackNetworks.StartAsync(3, addresses => new PoolSimulatorOptions
        {
            Addresses = addresses,
            HttpsPort = HttpsPort,
            NbdPort = NbdPort,
            Passwords = new Dictionary<string, string> { ["root"] = Password },
        }));

    /// <summary>A TLS connection to a host.</summary>
    public async Task<SslStream> ConnectAsync(int host = 0, SslClientAuthenticationOptions? tls = null)
    {
        var socket = new TcpClient();
        CancellationToken token = TestContext.Current.CancellationToken;
        await socket.ConnectAsync(State.Hosts[host].Address, HttpsPort, token);
        var stream = new SslStream(socket.GetStream());
        tls ??= new SslClientAuthenticationOptions();
        tls.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate!.GetCertHashString() == State.Hosts[host].ServerCertificate!.GetCertHashString();
        await stream.AuthenticateAsClientAsync(tls, token);
        return stream;
    }

    /// <summary>Sends bytes on a connection of their own; the answer's head and body.</summary>
    public async Task<(string Head, string Body)> SendAsync(string request, int host = 0)
    {
        await using SslStream stream = await ConnectAsync(host);
        return await SendAsync(stream, request);
    }

    public static async Task<(string Head, string Body)> SendAsync(Stream stream, string request)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), token);
        List<byte> head = [];
        byte[] one = new byte[1];
        while (!Encoding.Latin1.GetString([.. head.TakeLast(4)]).Equals("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, token);
            head.Add(one[0]);
        }

        string text = Encoding.Latin1.GetString([.. head]);
        const string Field = "content-length: ";
        int start = text.IndexOf(Field, StringComparison.Ordinal) + Field.Length;
        byte[] body = new byte[int.Parse(text[start..text.IndexOf('\r', start)], null)];
        await stream.ReadExactlyAsync(body, token);
        return (text, Encoding.UTF8.GetString(body));
    }

    /// <summary>A request with a body and no more header fields than needed.</summary>
    public static string Post(string path, string body, string more = "") =>
        $"POST {path} HTTP/1.1\r\nHost: x\r\n{more}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public async Task<string> JsonAsync(string body, int host = 0) =>
        (await SendAsync(Post("/jsonrpc", body), host)).Body;

    public async Task<string> LoginAsync()
    {
        string answer = await JsonAsync(
            $$"""{"method":"session.login_with_password","params":["root","{{Password}}"],"id":1}""");
        return JsonDocument.Parse(answer).RootElement.GetProperty("result").GetString()
            ?? throw new UnreachableException();
    }

    public ValueTask DisposeAsync() => Simulator.DisposeAsync();
}
