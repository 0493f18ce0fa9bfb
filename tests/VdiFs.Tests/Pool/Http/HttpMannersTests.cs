using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using VdiFs.Pool.Tls;
using Xunit;

namespace VdiFs.Tests.Pool.Http;

public sealed class HttpMannersTests
{
    private const string ListMethods = """{"method":"system.listMethods","params":[],"id":1}""";

    [Fact]
    public async Task An_answer_is_json_without_a_charset_and_the_connection_stays()
    {
        await using WireBench bench = await WireBench.StartAsync();
        await using SslStream stream = await bench.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            (string head, _) = await WireBench.SendAsync(stream, WireBench.Post("/jsonrpc", ListMethods));
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", head, StringComparison.Ordinal);
            Assert.Contains("\r\ncontent-type: application/json\r\n", head, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_request_that_asks_for_the_end_gets_it()
    {
        await using WireBench bench = await WireBench.StartAsync();
        await using SslStream stream = await bench.ConnectAsync();
        await WireBench.SendAsync(stream, WireBench.Post("/jsonrpc", ListMethods, "Connection: close\r\n"));
        Assert.Equal(0, await stream.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(1024, "HTTP/1.1 200 OK")]
    [InlineData(1025, "HTTP/1.1 431 Request Header Fields Too Large")]
    public async Task A_header_block_has_at_most_1024_bytes(int length, string expected)
    {
        await using WireBench bench = await WireBench.StartAsync();
        string request = WireBench.Post("/jsonrpc", ListMethods, "X: \r\n");
        int missing = length - request.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4;
        (string head, _) = await bench.SendAsync(
            WireBench.Post("/jsonrpc", ListMethods, $"X: {new string('x', missing)}\r\n"));
        Assert.StartsWith(expected + "\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_without_its_length_is_refused()
    {
        await using WireBench bench = await WireBench.StartAsync();
        (string head, string body) = await bench.SendAsync(
            "POST /jsonrpc HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 500 ", head, StringComparison.Ordinal);
        Assert.Contains("We require a content-length", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(300 * 1024, "HTTP/1.1 200 OK")]
    [InlineData((300 * 1024) + 1, "HTTP/1.1 500 Internal Server Error")]
    public async Task A_body_has_at_most_300_KiB(int length, string expected)
    {
        await using WireBench bench = await WireBench.StartAsync();
        string body = ListMethods.PadRight(length);
        (string head, _) = await bench.SendAsync(WireBench.Post("/jsonrpc", body));
        Assert.StartsWith(expected + "\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 ")]
    [InlineData("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 403 ")]
    [InlineData("POST /jsonrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 403 ")]
    [InlineData("nonsense\r\n\r\n", "HTTP/1.1 400 ")]
    public async Task What_nobody_serves_is_refused(string request, string expected)
    {
        await using WireBench bench = await WireBench.StartAsync();
        (string head, _) = await bench.SendAsync(request);
        Assert.StartsWith(expected, head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"method":"system.listMethods","params":[],"id":null}""")]
    [InlineData("""{"method":"system.listMethods","params":[]}""")]
    [InlineData("""{"params":[],"id":1}""")]
    [InlineData("[]")]
    public async Task A_malformed_call_is_an_error_of_http(string body)
    {
        await using WireBench bench = await WireBench.StartAsync();
        (string head, _) = await bench.SendAsync(WireBench.Post("/jsonrpc", body));
        Assert.StartsWith("HTTP/1.1 500 ", head, StringComparison.Ordinal);
        Assert.Contains("\r\ncontent-type: text/html\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls13, TlsCipherSuite.TLS_AES_128_GCM_SHA256)]
    [InlineData(SslProtocols.Tls12, TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)]
    public async Task Other_ways_of_tls_than_the_hosts_are_refused(SslProtocols protocol, TlsCipherSuite suite)
    {
        await using WireBench bench = await WireBench.StartAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => bench.ConnectAsync(0, Tls(protocol, suite)));
        await using SslStream stream = await bench.ConnectAsync(
            0, Tls(SslProtocols.Tls12, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384));
        Assert.True(stream.IsAuthenticated);
    }

    [Fact]
    public async Task A_dead_host_breaks_connections_off()
    {
        await using WireBench bench = await WireBench.StartAsync();
        await using SslStream stream = await bench.ConnectAsync(1);
        bench.Simulator.Actions.Kill(bench.State.Hosts[1]);
        await Assert.ThrowsAsync<IOException>(async () =>
            await stream.ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken));

        // The reset may overtake the end of connect.
        Exception broken = await Assert.ThrowsAnyAsync<Exception>(() => bench.ConnectAsync(1));
        Assert.True(broken is IOException or SocketException, broken.ToString());
        bench.Simulator.Actions.Revive(bench.State.Hosts[1]);
        await using SslStream again = await bench.ConnectAsync(1);
        Assert.True(again.IsAuthenticated);
    }

    [Fact]
    public async Task A_member_gives_the_coordinators_fingerprint_to_who_asks()
    {
        await using WireBench bench = await WireBench.StartAsync();
        const string Login = """{"method":"session.login_with_password","params":["root","x"],"id":1}""";
        const string Ask = "x-xenapi-request-host-certificate-thumbprint: sha-256:master\r\n";
        (string head, _) = await bench.SendAsync(WireBench.Post("/jsonrpc", Login, Ask), host: 1);
        string fingerprint = HostCertificates.Fingerprint(
            bench.State.Hosts[0].ServerCertificate!, HashAlgorithmName.SHA256);
        Assert.Contains(
            $"\r\nx-xenapi-response-host-certificate-thumbprint: {fingerprint}\r\n", head, StringComparison.Ordinal);
        (head, _) = await bench.SendAsync(WireBench.Post("/jsonrpc", Login), host: 1);
        Assert.DoesNotContain("thumbprint", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_control_path_switches_faults_and_counts_what_is_left()
    {
        await using WireBench bench = await WireBench.StartAsync();
        await bench.LoginAsync();
        (_, string body) = await bench.SendAsync("GET /_control HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("sessions 1\ntasks 0\ndom0-vbds 0\nsnapshots 7\n", body);
        await bench.SendAsync(WireBench.Post("/_control?do=lose-sessions", ""));
        Assert.Equal(0, bench.State.Sessions.Count);
        await bench.SendAsync(WireBench.Post("/_control?set=NbdLatency&value=00:00:02&host=2", ""));
        Assert.Equal(TimeSpan.FromSeconds(2), bench.State.Hosts[1].Faults.NbdLatency);
        await bench.SendAsync(WireBench.Post("/_control?set=NbdEofAt&value=AfterStartTls&host=2", ""));
        Assert.Equal("AfterStartTls", bench.State.Hosts[1].Faults.NbdEofAt.ToString());
        await bench.SendAsync(WireBench.Post("/_control?set=NbdEofAt&value=&host=2", ""));
        Assert.Null(bench.State.Hosts[1].Faults.NbdEofAt);
        (string head, _) = await bench.SendAsync(WireBench.Post("/_control?do=nonsense", ""));
        Assert.StartsWith("HTTP/1.1 400 ", head, StringComparison.Ordinal);
    }

    private static SslClientAuthenticationOptions Tls(SslProtocols protocol, TlsCipherSuite suite) => new()
    {
        EnabledSslProtocols = protocol,
        CipherSuitesPolicy = new CipherSuitesPolicy([suite]),
    };
}
