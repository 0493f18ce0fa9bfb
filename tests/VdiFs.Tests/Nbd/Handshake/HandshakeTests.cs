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
                Wire.Hex("49484156454f5054 0000000a 0000001d 00000002 6162 00000001 0000000f"), Wire.Text("base:allocation"));
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
        Assert.Equal(("ab", "xyx", "nice", 1048576L), (export.Name, export.CanonicalName, export.Description, export.Length));
        Assert.Equal((512, 4096, 65536), (export.MinimumBlockSize, export.PreferredBlockSize, export.MaximumPayload));
        Assert.Equal((true, true, true), (export.HasStructuredReplies, export.HasBaseAllocation, export.CanMultiConnect));
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
        Assert.Equal((1001L, 1, NbdTransmissionFlags.None), (client.Export.Length, client.Export.MinimumBlockSize, client.Export.TransmissionFlags));
    }

    [Fact]
    public async Task Hanging_up_on_the_export_name_means_that_there_is_no_such_export()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(2);
            await peer.ExpectOptionAsync(1);
            peer.Cut(byReset: false);
        });
        NbdException failure = await server.ConnectAsync("disk").FailsAsync(NbdErrorKind.UnknownExport);
        Assert.Contains("'disk'", failure.Message, StringComparison.Ordinal);
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
    public async Task An_error_to_go_tells_its_kind_and_the_servers_words(uint reply, NbdErrorKind kind, bool isTransient)
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

    public static TheoryData<string> Lies => [.. AllLies.Keys];

    /// <summary>Answers to GO that no honest server gives.</summary>
    private static readonly Dictionary<string, byte[]> AllLies = new()
    {
        ["success without a size"] = Wire.OptionReply(7, 1),
        ["success with data"] = Wire.Join(Wire.InfoExport(7, 512, 3), Wire.OptionReply(7, 1, new byte[1])),
        ["size of 2^63"] = Wire.Join(Wire.InfoExport(7, 1ul << 63, 3), Wire.OptionReply(7, 1)),
        ["size of 2^64 - 1"] = Wire.Join(Wire.InfoExport(7, ulong.MaxValue, 3), Wire.OptionReply(7, 1)),
        ["minimum block size 0"] = Go(0, 4096, 65_536),
        ["minimum block size 3"] = Go(3, 4096, 65_536),
        ["minimum block size 2^31"] = Go(1u << 31, 1u << 31, 1u << 31),
        ["preferred below minimum"] = Go(4096, 512, 65_536),
        ["preferred 5000"] = Go(512, 5000, 65_536),
        ["maximum below minimum"] = Go(4096, 4096, 512),
        ["maximum no multiple of minimum"] = Go(4096, 4096, 10_000),
        ["info without a type"] = Wire.OptionReply(7, 3, new byte[1]),
        ["size info of another length"] = Wire.OptionReply(7, 3, new byte[11]),
        ["name that is not UTF-8"] = Wire.OptionReply(7, 3, Wire.U16(1), [0xff]),
        ["reply to another option"] = Wire.OptionReply(6, 1),
        ["bad magic"] = new byte[20],
        ["reply of 4 GiB"] = Wire.Join(Wire.Hex("0003e889045565a9"), Wire.U32(7), Wire.U32(0x80000001), Wire.U32(uint.MaxValue)),
        ["reply of 64 KiB and a byte"] = Wire.OptionReply(7, 3, new byte[65_537]),
        ["listed export as an answer"] = Wire.OptionReply(7, 2, new byte[4]),
        ["infos without end"] = Wire.Join([.. Enumerable.Repeat(Wire.OptionReply(7, 3, Wire.U16(99)), 100)]),
        ["bytes after the end"] = Wire.Join(Wire.InfoExport(7, 512, 3), Wire.OptionReply(7, 1), new byte[1]),
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_lie_about_an_export_is_a_protocol_error(string lie)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await StartAsync(peer);
            await peer.SendAsync(AllLies[lie]);
        });
        await server.ConnectAsync().FailsAsync(NbdErrorKind.Protocol);
    }

    [Theory]
    [InlineData("metadata context that was not asked for", "base:other")]
    [InlineData("metadata context twice", "base:allocation")]
    public async Task A_lie_about_metadata_contexts_is_a_protocol_error(string lie, string second)
    {
        Assert.NotEmpty(lie);
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(8);
            await peer.SendAsync(Wire.OptionReply(8, 1));
            await peer.ExpectOptionAsync(10);
            await peer.SendAsync(
                Wire.OptionReply(10, 4, Wire.U32(1), Wire.Text("base:allocation")),
                Wire.OptionReply(10, 4, Wire.U32(2), Wire.Text(second)));
        });
        await server.ConnectAsync().FailsAsync(NbdErrorKind.Protocol);
    }

    [Fact]
    public async Task What_is_no_nbd_server_is_told_apart()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(peer => peer.SendAsync(Wire.Text("SSH-2.0-OpenSSH_9.2\r\n")));
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
    }

    [Theory]
    [InlineData("nbd+unix:///x?socket=/nowhere", NbdErrorKind.ConnectFailed)]
    [InlineData("nbd://127.0.0.1:1/x", NbdErrorKind.ConnectFailed)]
    public async Task A_connection_that_cannot_be_made_says_why(string text, NbdErrorKind kind)
    {
        Assert.True(NbdUri.TryParse(text, out NbdUri? uri, out _));
        await NbdClient.ConnectAsync(uri, new NbdClientOptions(), NullLogger.Instance, TestContext.Current.CancellationToken)
            .FailsAsync(kind);
    }

    private static byte[] Go(uint minimum, uint preferred, uint maximum) => Wire.Join(
        Wire.InfoExport(7, 1 << 20, 3), Wire.InfoBlockSize(7, minimum, preferred, maximum), Wire.OptionReply(7, 1));

    private static async Task StartAsync(ServerPeer peer)
    {
        await peer.GreetAsync(3);
        await peer.ExpectOptionAsync(8);
        await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
        await peer.ExpectOptionAsync(7);
    }
}
