using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Nbd.Tls;

/// <summary>What the tests of TLS share: one authority, a good certificate, servers and clients.</summary>
internal static class TlsBench
{
    public static readonly TestAuthority Authority = new("The Right Authority");

    /// <summary>Good for every address that a test server has.</summary>
    public static readonly X509Certificate2 Good = Authority.Issue("server", ["localhost", "127.0.0.1", "::1"]);

    public static readonly NbdTlsOptions Trusting = new() { CaPem = Authority.Pem };

    // Building one builds and looks at a chain of certificates, which takes as long as a handshake.
    private static readonly SslStreamCertificateContext GoodContext = Context(Good);

    public static NbdClientOptions Options(NbdTlsOptions? tls = null) =>
        new() { Connections = 1, Tls = tls ?? Trusting };

    /// <summary>A server whose handshakes are always whole ones.</summary>
    public static SslServerAuthenticationOptions Server(X509Certificate2? certificate = null) => new()
    {
        ServerCertificateContext = certificate is null ? GoodContext : Context(certificate),
        AllowTlsResume = false,
    };

    /// <summary>A server that goes over to TLS, enters transmission and answers every read rightly.</summary>
    public static async Task ServeAsync(ServerPeer peer, SslServerAuthenticationOptions options)
    {
        await peer.StartTlsAsync(options);
        await peer.NegotiateStructuredAsync();
        await AnswerReadsAsync(peer);
    }

    /// <summary>Answers reads until the client leaves.</summary>
    public static async Task AnswerReadsAsync(ServerPeer peer)
    {
        while (true)
        {
            ScriptedRequest request = await peer.ReceiveRequestAsync();
            if (request.Command == 2)
            {
                return;
            }

            await peer.SendAsync(Wire.Data(request.Cookie, request.Offset, request.Disk, Wire.Done));
        }
    }

    /// <summary>The four forms of an address: `name`, `ipv4`, `ipv6` and `unix`.</summary>
    public static ScriptedNbdServer StartAs(string form, params Func<ServerPeer, Task>[] scripts) =>
        ScriptedNbdServer.StartAt(
            form switch
            {
                "unix" => null,
                "ipv6" => IPAddress.IPv6Loopback,
                _ => IPAddress.Loopback,
            },
            scripts);

    /// <summary>The server's address with TLS; by its name where <paramref name="form"/> says so.</summary>
    public static NbdUri Uri(ScriptedNbdServer server, string form = "")
    {
        NbdUri uri = server.Uri() with { IsTls = true };
        return form == "name" ? uri with { Host = "localhost" } : uri;
    }

    public static Task<NbdClient> ConnectAsync(
        ScriptedNbdServer server, NbdTlsOptions? tls = null, string form = "") =>
        ConnectAsync(Uri(server, form), Options(tls));

    public static Task<NbdClient> ConnectAsync(NbdUri uri, NbdClientOptions options) =>
        NbdClient.ConnectAsync(uri, options, NullLogger.Instance, CancellationToken.None)
            .BoundedAsync();

    /// <summary>Reads a little through TLS, and compares.</summary>
    public static async Task<bool> ReadsRightlyAsync(NbdClient client) =>
        (await client.ReadAsync(4096, 8192)).AsSpan().SequenceEqual(Wire.Disk(4096, 8192));

    private static SslStreamCertificateContext Context(X509Certificate2 certificate) =>
        SslStreamCertificateContext.Create(certificate, null, offline: true);
}
