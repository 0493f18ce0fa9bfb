using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Pool.Harness;

/// <summary>A client of xapi-nbd that says byte for byte what a test tells it to.</summary>
internal sealed class PoolClient : IAsyncDisposable
{
    /// <summary>Against hangs only.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static readonly byte[] Greeting = Wire.Greeting(1);

    private readonly Socket _socket;
    private Stream _stream;

    private PoolClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Of the certificate that the server showed.</summary>
    public string? Thumbprint { get; private set; }

    public static async Task<PoolClient> ConnectAsync(IPEndPoint server)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server);
        return new PoolClient(socket);
    }

    public static byte[] ExportReply(long length) => Wire.Join(Wire.U64((ulong)length), Wire.U16(3), new byte[124]);

    public static byte[] Request(uint type, ulong cookie, long offset, uint length) =>
        Wire.Join(Wire.Hex("25609513"), Wire.U32(type), Wire.U64(cookie), Wire.U64((ulong)offset), Wire.U32(length));

    /// <summary>The greeting, the client's flags and TLS if wanted: up to the first option.</summary>
    public async Task HandshakeAsync(bool tls)
    {
        await ExpectAsync(Greeting);
        await SendAsync(Wire.U32(1));
        if (tls)
        {
            await StartTlsAsync();
        }
    }

    public async Task StartTlsAsync(SslProtocols protocols = SslProtocols.Tls12, TlsCipherSuite[]? suites = null)
    {
        await SendOptionAsync(5, "");
        await ExpectAsync(Wire.OptionReply(5, 1));
        SslStream secure = new(_stream);
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "one",
            EnabledSslProtocols = protocols,
            CipherSuitesPolicy = suites is null ? null : new CipherSuitesPolicy(suites),
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                Thumbprint = (certificate as X509Certificate2)?.Thumbprint;
                return Thumbprint is not null;
            },
        }).WaitAsync(Bound);
        _stream = secure;
    }

    public Task SendAsync(params byte[][] bytes) => _stream.WriteAsync(Wire.Join(bytes)).AsTask().WaitAsync(Bound);

    public Task SendOptionAsync(uint option, string data) =>
        SendAsync(Wire.Text("IHAVEOPT"), Wire.U32(option), Wire.U32((uint)Wire.Text(data).Length), Wire.Text(data));

    public Task SendReadAsync(ulong cookie, long offset, uint length) =>
        SendAsync(Request(0, cookie, offset, length));

    public async Task<byte[]> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Bound);
        return bytes;
    }

    /// <summary>These bytes come.</summary>
    public async Task ExpectAsync(params byte[][] parts)
    {
        byte[] expected = Wire.Join(parts);
        Assert.Equal(expected, await ReadAsync(expected.Length));
    }

    /// <summary>Nothing but the end comes.</summary>
    public async Task ExpectEndAsync() =>
        Assert.Equal(0, await _stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Bound));

    /// <summary>The connection is reset, whatever was on its way.</summary>
    public async Task ExpectResetAsync()
    {
        IOException error = await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (await _stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Bound) > 0)
            {
            }
        });
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
    }

    /// <summary>Whether anything has come that was not read.</summary>
    public bool HasMore => _socket.Available > 0;

    /// <summary>Leaves as the protocol wants it and waits for the server's end.</summary>
    public async Task LeaveAsync()
    {
        await SendAsync(Request(2, 0, 0, 0));
        await ExpectEndAsync();
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
