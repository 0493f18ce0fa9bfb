using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Authentication;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

[assembly: SupportedOSPlatform("linux")]

namespace VdiFs.Tests.Nbd.Tls;

public sealed class StartTlsTests
{
    [Fact]
    public async Task Nothing_but_starttls_is_said_before_tls_and_haggling_starts_anew_after_it()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.SendAsync(Wire.Hex("4e42444d41474943 49484156454f5054 0003"));
            await peer.ExpectAsync(Wire.Hex("00000003 49484156454f5054 00000005 00000000"));
            await peer.SendAsync(Wire.Hex("0003e889045565a9 00000005 00000001 00000000"));
            Assert.Equal(0x16, Assert.Single(await peer.ReceiveAsync(1)));
        });
        await AssertCutAsync(server);

        await using ScriptedNbdServer whole = ScriptedNbdServer.Start(async peer =>
        {
            await peer.StartTlsAsync(TlsBench.Server());
            await peer.ExpectAsync(Wire.Hex("49484156454f5054 00000008 00000000"));
            await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
            await peer.ExpectOptionAsync(7);
            await peer.SendAsync(Wire.InfoExport(7, 1 << 20, 3), Wire.OptionReply(7, 1));
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Simple(read.Cookie, 0, read.Disk));
        });
        await using NbdClient client = await TlsBench.ConnectAsync(whole);
        Assert.True(await TlsBench.ReadsRightlyAsync(client));
    }

    [Theory]
    [InlineData(0x80000001u, "does not know StartTls")]
    [InlineData(0x80000002u, "policy")]
    [InlineData(0x80000003u, "0x80000003")]
    [InlineData(0x80000004u, "0x80000004")]
    [InlineData(0x80000005u, "TLS")]
    [InlineData(0x8badf00du, "0x8badf00d")]
    public async Task A_refusal_ends_the_connection_with_cause_and_cure(uint reply, string cause)
    {
        await using ScriptedNbdServer server = StartUntilLeft(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(5);
            await peer.SendAsync(Wire.OptionReply(5, reply, Wire.Text("no\nway")));
        }, out Task left);
        NbdException refusal = await TlsBench.ConnectAsync(server).FailsAsync(NbdErrorKind.TlsUnavailable);
        Assert.Contains("start it with TLS, or write nbd://", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(cause, refusal.InnerException!.Message, StringComparison.Ordinal);
        await left.BoundedAsync();
    }

    [Fact]
    public async Task A_server_that_is_leaving_may_be_asked_again()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(5);
            await peer.SendAsync(Wire.OptionReply(5, 0x80000007));
        });
        NbdException refusal = await TlsBench.ConnectAsync(server).FailsAsync(NbdErrorKind.HandshakeFailed);
        Assert.True(refusal.IsTransient);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_greeting_stripped_of_options_is_no_reason_to_go_on_without_tls(int handshakeFlags)
    {
        await using ScriptedNbdServer server = StartUntilLeft(async peer =>
        {
            await peer.GreetAsync(handshakeFlags);
        }, out Task left);
        await TlsBench.ConnectAsync(server).FailsAsync(NbdErrorKind.TlsUnavailable);
        await left.BoundedAsync();
    }

    [Fact]
    public async Task Bytes_glued_behind_the_ack_end_the_session()
    {
        await using ScriptedNbdServer server = StartUntilLeft(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(5);
            await peer.SendAsync(Wire.OptionReply(5, 1), Wire.OptionReply(8, 1));
        }, out Task left);
        NbdException broken = await TlsBench.ConnectAsync(server).FailsAsync(NbdErrorKind.Protocol);
        Assert.Contains("STARTTLS", broken.Message, StringComparison.Ordinal);
        await left.BoundedAsync();
    }

    [Theory]
    [InlineData("0003e889045565a9 00000005 00000001 00000004 00000000")]
    [InlineData("0003e889045565a9 00000005 00000003 00000000")]
    [InlineData("0003e889045565a9 00000008 00000001 00000000")]
    public async Task An_answer_that_does_not_belong_to_starttls_breaks_the_protocol(string answer)
    {
        await using ScriptedNbdServer server = StartUntilLeft(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(5);
            await peer.SendAsync(Wire.Hex(answer));
        }, out Task left);
        await TlsBench.ConnectAsync(server).FailsAsync(NbdErrorKind.Protocol);
        await left.BoundedAsync();
    }

    [Theory]
    [InlineData("48545450 2f312e31 20343030 20426164")]
    [InlineData("15030300020228")]
    [InlineData("150303000202ff")]
    [InlineData("16030300040e000000")]
    [InlineData("1703030003000000")]
    [InlineData("ffffffffffffffffffffffffffffffff")]
    public async Task What_is_no_tls_after_the_ack_ends_the_handshake(string garbage)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(5);
            await peer.SendAsync(Wire.OptionReply(5, 1));
            Assert.Equal(0x16, Assert.Single(await peer.ReceiveAsync(1)));
            await peer.SendAsync(Wire.Hex(garbage));
            peer.Cut(byReset: false);
        });
        await TlsBench.ConnectAsync(server).FailsAsync(NbdErrorKind.HandshakeFailed);
    }

    [Theory]
    [InlineData("greeting")]
    [InlineData("answer")]
    [InlineData("hello")]
    [InlineData("half a hello")]
    [InlineData("option")]
    public async Task Silence_is_bounded_at(string stage)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            switch (stage)
            {
                case "greeting":
                    return;
                case "answer":
                    await peer.GreetAsync(3);
                    return;
                case "option":
                    await peer.StartTlsAsync(TlsBench.Server());
                    return;
                default:
                    await peer.GreetAsync(3);
                    await peer.ExpectOptionAsync(5);
                    await peer.SendAsync(Wire.OptionReply(5, 1), []);
                    await peer.ReceiveAsync(1);
                    await peer.SendAsync(stage == "hello" ? [] : Wire.Hex("160303"));
                    return;
            }
        });
        NbdClientOptions options = TlsBench.Options() with { HandshakeTimeout = TimeSpan.FromMilliseconds(400) };
        await TlsBench.ConnectAsync(TlsBench.Uri(server), options).FailsAsync(NbdErrorKind.Timeout);
    }

    [Fact]
    public async Task A_plain_client_of_a_server_with_tls_is_told_what_to_write()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(8);
            await peer.SendAsync(Wire.OptionReply(8, 0x80000005));
        });
        NbdException refusal = await server.ConnectAsync().FailsAsync(NbdErrorKind.TlsRequired);
        Assert.Contains("write nbds://", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_for_tls_beside_a_plain_uri_are_an_error()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(peer => peer.EnterStructuredAsync());
        NbdException refusal = await Assert.ThrowsAsync<NbdException>(
            () => server.ConnectAsync(options: TlsBench.Options()));
        Assert.Equal(NbdErrorKind.TlsSetup, refusal.Kind);
        Assert.Contains("write nbds://", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Both_versions_of_tls_are_spoken(SslProtocols version)
    {
        SslServerAuthenticationOptions options = TlsBench.Server();
        options.EnabledSslProtocols = version;
        TaskCompletionSource<SslProtocols> spoken = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            SslStream tls = await peer.StartTlsAsync(options);
            spoken.SetResult(tls.SslProtocol);
            await peer.NegotiateStructuredAsync();
            await TlsBench.AnswerReadsAsync(peer);
        });
        await using NbdClient client = await TlsBench.ConnectAsync(server);
        Assert.True(await TlsBench.ReadsRightlyAsync(client));
        Assert.Equal(version, await spoken.Task);
    }

    [Theory]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    public async Task The_cipher_suites_of_xapi_nbd_are_spoken(TlsCipherSuite suite)
    {
        SslServerAuthenticationOptions options = TlsBench.Server();
        options.EnabledSslProtocols = SslProtocols.Tls12;
        options.CipherSuitesPolicy = new CipherSuitesPolicy([suite]);
        await using ScriptedNbdServer server =
            ScriptedNbdServer.Start(peer => TlsBench.ServeAsync(peer, options));
        await using NbdClient client = await TlsBench.ConnectAsync(server);
        Assert.True(await TlsBench.ReadsRightlyAsync(client));
    }

    [Fact]
    public async Task Every_connection_of_a_pool_is_checked()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await peer.StartTlsAsync(TlsBench.Server());
                await peer.NegotiateStructuredAsync(transmissionFlags: 0x103);
                await TlsBench.AnswerReadsAsync(peer);
            },
            peer => TlsBench.ServeAsync(peer, TlsBench.Server(TestAuthority.SelfSigned("localhost"))));
        NbdClientOptions options = TlsBench.Options() with { Connections = 4 };
        await using NbdClient client = await TlsBench.ConnectAsync(TlsBench.Uri(server), options);
        Assert.True(await TlsBench.ReadsRightlyAsync(client));
        Assert.Equal(1, client.ConnectionCount);
    }

    private static async Task AssertCutAsync(ScriptedNbdServer server)
    {
        NbdClientOptions options = TlsBench.Options() with { HandshakeTimeout = TimeSpan.FromMilliseconds(400) };
        await TlsBench.ConnectAsync(TlsBench.Uri(server), options).FailsAsync(NbdErrorKind.Timeout);
    }

    /// <summary>A server whose task ends when the client has hung up without another byte after the script.</summary>
    private static ScriptedNbdServer StartUntilLeft(Func<ServerPeer, Task> script, out Task left)
    {
        TaskCompletionSource hungUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        left = hungUp.Task;
        return ScriptedNbdServer.Start(async peer =>
        {
            await script(peer);
            await Assert.ThrowsAsync<EndOfStreamException>(() => peer.ReceiveAsync(1));
            hungUp.SetResult();
        });
    }
}
