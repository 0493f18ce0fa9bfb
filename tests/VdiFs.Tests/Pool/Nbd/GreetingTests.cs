using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Nbd.Tls;
using VdiFs.Tests.Pool.Harness;
using Xunit;

namespace VdiFs.Tests.Pool.Nbd;

/// <summary>From the socket to the first option: who is let in, and how.</summary>
public sealed class GreetingTests
{
    [Fact]
    public async Task The_greeting_offers_fixed_newstyle_and_nothing_else()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.ConnectAsync();
        await client.ExpectAsync(Wire.Text("NBDMAGICIHAVEOPT"), [0, 1]);
    }

    [Fact]
    public async Task An_old_client_is_dropped_where_tls_is_forced()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.ConnectAsync();
        await client.ExpectAsync(PoolClient.Greeting);
        await client.SendAsync(Wire.U32(0));
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task An_old_client_is_served_where_tls_is_not_wanted_and_no_zeroes_is_ignored()
    {
        await using PoolBench bench = new("insecure_nbd");
        await using PoolClient client = await bench.ConnectAsync();
        await client.ExpectAsync(PoolClient.Greeting);
        await client.SendAsync(Wire.U32(2));
        await client.SendOptionAsync(1, bench.ExportName);
        await client.ExpectAsync(PoolClient.ExportReply(PoolBench.DiskBytes));
        await client.SendReadAsync(1, 0, 512);
        await client.ExpectAsync(Wire.Simple(1, 0));
    }

    [Theory]
    [InlineData]
    [InlineData("nbd", "insecure_nbd")]
    public async Task No_purpose_and_both_purposes_are_a_bare_close(params string[] purposes)
    {
        await using PoolBench bench = new();
        bench.SetPurposes(purposes);
        await using PoolClient client = await bench.ConnectAsync();
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task The_seventeenth_connection_is_a_bare_close_and_a_free_place_is_given_again()
    {
        await using PoolBench bench = new();
        List<PoolClient> clients = [];
        for (int i = 0; i < 16; i++)
        {
            clients.Add(await bench.ConnectAsync());
            await clients[i].ExpectAsync(PoolClient.Greeting);
        }

        await using PoolClient refused = await bench.ConnectAsync();
        await refused.ExpectEndAsync();
        await clients[3].DisposeAsync();
        await PoolBench.UntilAsync(() => bench.Server.Connections == 15);
        clients[3] = await bench.ConnectAsync();
        await clients[3].ExpectAsync(PoolClient.Greeting);
        clients.ForEach(client => client.DisposeAsync().AsTask().Wait(PoolClient.Bound));
    }

    [Fact]
    public async Task Only_tls_1_2_is_spoken()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.ConnectAsync();
        await client.HandshakeAsync(tls: false);
        await Assert.ThrowsAnyAsync<Exception>(() => client.StartTlsAsync(SslProtocols.Tls13));
        await using PoolClient modest = await bench.ConnectAsync();
        await modest.HandshakeAsync(tls: true);
    }

    [Theory]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, true)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, true)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, false)]
    [InlineData(TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384, false)]
    public async Task Only_two_cipher_suites_are_spoken(TlsCipherSuite suite, bool isSpoken)
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.ConnectAsync();
        await client.HandshakeAsync(tls: false);
        Exception? error = await Record.ExceptionAsync(() => client.StartTlsAsync(suites: [suite]));
        Assert.Equal(isSpoken, error is null);
    }

    [Fact]
    public async Task A_new_host_certificate_is_presented_only_after_a_restart()
    {
        await using PoolBench bench = new();
        string old = bench.Hosts[0].ServerCertificate!.Thumbprint;
        using X509Certificate2 renewed = TestAuthority.SelfSigned("one", ["one"], lastDay: 31);
        bench.Hosts[0].ServerCertificate = renewed;
        Assert.Equal(old, await PresentedAsync(bench));
        await bench.Server.RestartAsync();
        Assert.Equal(renewed.Thumbprint, await PresentedAsync(bench));
    }

    [Theory]
    [InlineData("IHAVEOPX", 0u)]
    [InlineData("IHAVEOPT", 0x80000000u)]
    [InlineData("IHAVEOPT", 0x7fffffffu)]
    public async Task A_broken_option_ends_the_connection(string magic, uint length)
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.ConnectAsync();
        await client.HandshakeAsync(tls: false);
        await client.SendAsync(Wire.Text(magic), Wire.U32(3), Wire.U32(length));
        await client.ExpectEndAsync();
    }

    private static async Task<string> PresentedAsync(PoolBench bench)
    {
        await using PoolClient client = await bench.ConnectAsync();
        await client.HandshakeAsync(tls: true);
        return client.Thumbprint!;
    }
}
