using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Handshake;

public sealed class HandshakeTests
{
    [Fact]
    public async Task The_whole_handshake_byte_by_byte()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.SendAsync(Wire.Hex("4e42444d41474943 49484156454f5054 0003"));
            await peer.ExpectAsync(Wire.Hex("00000003"));
            await peer.ExpectAsync(Wire.Hex("49484156454f5054 00000008 00000000"));
            await peer.SendAsync(Wire.Hex("0003e889045565a9 00000008 00000001 00000000"));
            await peer.ExpectAsync(
                Wire.Hex("49484156454f5054 0000000a 0000001d 00000002 6162 00000001 0000000f"),
                Wire.Text("base:allocation"));
            await peer.SendAsync(
                Wire.Hex("0003e889045565a9 0000000a 00000004 00000013 0000002a"), Wire.Text("base:allocation"),
                Wire.Hex("0003e889045565a9 0000000a 00000001 00000000"));
            await peer.ExpectAsync(Wire.Hex("49484156454f5054 00000007 0000000e 00000002 6162 0003 0001 0002 0003"));
            await peer.SendAsync(
                Wire.Hex("0003e889045565a9 00000007 00000003 0000000c 0000 0000000000100000 0103"),
                Wire.Hex("0003e889045565a9 00000007 00000003 00000005 0001 787978"),
                Wire.Hex("0003e889045565a9 00000007 00000003 00000006 0002 6e696365"),
                Wire.Hex("0003e889045565a9 00000007 00000003 0000000e 0003 00000200 00001000 00010000"),
                Wire.Hex("0003e889045565a9 00000007 00000003 00000003 0063 ff"),
                Wire.Hex("0003e889045565a9 00000007 00000001 00000000"));
        });
        await using NbdClient client = await server.ConnectAsync("ab");
        NbdExport export = client.Export;
        Assert.Equal(
            ("ab", "xyx", "nice", 1048576L), (export.Name, export.CanonicalName, export.Description, export.Length));
        Assert.Equal((512, 4096, 65536), (export.MinimumBlockSize, export.PreferredBlockSize, export.MaximumPayload));
        Assert.Equal(
            (true, true, true), (export.HasStructuredReplies, export.HasBaseAllocation, export.CanMultiConnect));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, false)]
    public async Task Without_go_the_export_is_opened_by_name(int handshakeFlags, bool hasZeroes)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(handshakeFlags);
            await peer.ExpectOptionAsync(8);
            await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
            await peer.ExpectOptionAsync(7);
            await peer.SendAsync(Wire.OptionReply(7, 0x80000001, Wire.Text("what?")));
            Assert.Equal(Wire.Text("disk"), await peer.ExpectOptionAsync(1));
            await peer.SendAsync(Wire.U64(2048), Wire.U16(3), new byte[hasZeroes ? 124 : 0]);
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Simple(read.Cookie, 0, read.Disk));
        });
        await using NbdClient client = await server.ConnectAsync("disk");
        Assert.Equal((2048L, false), (client.Export.Length, client.Export.HasStructuredReplies));
        Assert.Equal(Wire.Disk(0, 512), await client.ReadAsync(0, 512));
    }

    [Fact]
    public async Task A_server_that_knows_no_options_is_asked_for_the_export_alone()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(2);
            Assert.Equal(Wire.Text("disk"), await peer.ExpectOptionAsync(1));
            await peer.SendAsync(Wire.U64(1001), Wire.U16(0x100));
        });
        await using NbdClient client = await server.ConnectAsync("disk");
        Assert.Equal(
            (1001L, 1, NbdTransmissionFlags.None),
            (client.Export.Length, client.Export.MinimumBlockSize, client.Export.TransmissionFlags));
    }

    [Fact]
    public async Task Hanging_up_on_the_export_name_says_that_it_was_not_opened()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(2);
            await peer.ExpectOptionAsync(1);
            peer.Cut(byReset: false);
        });
        NbdException failure = await server.ConnectAsync("disk").FailsAsync(NbdErrorKind.ClosedAtOpening);
        Assert.Contains("instead of opening the export 'disk'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_old_style_is_refused()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(peer => peer.SendAsync(
            Wire.Hex("4e42444d41474943 0000420281861253 0000000000100000 00000003"), new byte[124]));
        NbdException failure = await server.ConnectAsync().FailsAsync(NbdErrorKind.HandshakeFailed);
        Assert.Contains("old style", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x80000005u, NbdErrorKind.TlsRequired, false)]
    [InlineData(0x80000006u, NbdErrorKind.UnknownExport, false)]
    [InlineData(0x80000002u, NbdErrorKind.HandshakeFailed, false)]
    [InlineData(0x80000003u, NbdErrorKind.HandshakeFailed, false)]
    [InlineData(0x80000007u, NbdErrorKind.HandshakeFailed, true)]
    [InlineData(0x80000008u, NbdErrorKind.HandshakeFailed, false)]
    [InlineData(0x80000009u, NbdErrorKind.HandshakeFailed, false)]
    [InlineData(0x8badf00du, NbdErrorKind.HandshakeFailed, false)]
    public async Task An_error_to_go_tells_its_kind_and_the_servers_words(
        uint reply, NbdErrorKind kind, bool isTransient)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await StartAsync(peer);
            await peer.SendAsync(Wire.OptionReply(7, reply, Wire.Text("sorry\x1b[0m")));
        });
        NbdException failure = await server.ConnectAsync("disk").FailsAsync(kind);
        Assert.Equal(isTransient, failure.IsTransient);
        Assert.EndsWith(": sorry?[0m", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_nbd_server_is_told_apart()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            peer => peer.SendAsync(Wire.Text("SSH-2.0-OpenSSH_9.2\r\n")));
        NbdException failure = await server.ConnectAsync().FailsAsync(NbdErrorKind.HandshakeFailed);
        Assert.Contains("no NBD server", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_server_runs_into_the_time_limit()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(_ => Task.CompletedTask);
        NbdException failure = await server
            .ConnectAsync(options: new NbdClientOptions { HandshakeTimeout = TimeSpan.FromMilliseconds(50) })
            .FailsAsync(NbdErrorKind.Timeout);
        Assert.True(failure.IsTransient);
        Assert.Contains("did not greet within 0.05 s", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nbd+unix:///x?socket=/nowhere", NbdErrorKind.ConnectFailed)]
    [InlineData("nbd://127.0.0.1:1/x", NbdErrorKind.ConnectFailed)]
    public async Task A_connection_that_cannot_be_made_says_why(string text, NbdErrorKind kind)
    {
        Assert.True(NbdUri.TryParse(text, out NbdUri? uri, out _));
        await NbdClient.ConnectAsync(
            uri, new NbdClientOptions(), NullLogger.Instance, TestContext.Current.CancellationToken)
            .FailsAsync(kind);
    }

    private static async Task StartAsync(ServerPeer peer)
    {
        await peer.GreetAsync(3);
        await peer.ExpectOptionAsync(8);
        await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
        await peer.ExpectOptionAsync(7);
    }
}
