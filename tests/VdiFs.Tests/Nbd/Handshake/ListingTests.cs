using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Handshake;

public sealed class ListingTests
{
    [Fact]
    public async Task Exports_are_listed_in_order_and_each_name_once()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await ListAsync(
                peer, Wire.ListedExport("a", "first"), Wire.ListedExport(""), Wire.ListedExport("a", "again"));
            await peer.ExpectOptionAsync(2);
        });
        Assert.Equal(
            [new NbdListedExport("a", "first", null), new NbdListedExport("", null, null)], await ListAsync(server));
    }

    [Fact]
    public async Task Listed_exports_are_described_one_by_one_over_the_same_connection()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await ListAsync(peer, Wire.ListedExport("a"), Wire.ListedExport("b"));
                Assert.Equal(Wire.Hex("00000001 61 0003 0001 0002 0003"), await peer.ExpectOptionAsync(6));
                await peer.SendAsync(Wire.InfoExport(6, 4096, 3), Wire.OptionReply(6, 1));
                await peer.ExpectOptionAsync(6);
                await peer.SendAsync(Wire.OptionReply(6, 0x80000006, Wire.Text("gone")));
                await peer.ExpectOptionAsync(6);
                await peer.SendAsync(
                    Wire.InfoExport(6, 0, 3),
                    Wire.OptionReply(6, 3, Wire.U16(2), Wire.Text("words")),
                    Wire.OptionReply(6, 1));
                await peer.ExpectOptionAsync(2);
            },
            _ => throw new InvalidOperationException("a second connection"));
        await using NbdInquiry inquiry = await ConnectAsync(server);
        CancellationToken token = TestContext.Current.CancellationToken;
        Assert.Equal(2, (await inquiry.ListAsync(token)).Count);
        Assert.Equal(new NbdListedExport("a", null, 4096), await inquiry.DescribeAsync("a", token));
        Assert.Null(await inquiry.DescribeAsync("gone", token));
        Assert.True(inquiry.CanDescribe);
        Assert.Equal(new NbdListedExport("b", "words", 0), await inquiry.DescribeAsync("b", token));
    }

    [Fact]
    public async Task A_server_without_info_is_asked_for_one_export_alone()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await ListAsync(peer, Wire.ListedExport("a"), Wire.ListedExport("b"));
            await peer.ExpectOptionAsync(6);
            await peer.SendAsync(Wire.OptionReply(6, 0x80000001));
            await peer.ExpectOptionAsync(2);
        });
        await using NbdInquiry inquiry = await ConnectAsync(server);
        CancellationToken token = TestContext.Current.CancellationToken;
        await inquiry.ListAsync(token);
        Assert.Null(await inquiry.DescribeAsync("a", token));
        Assert.False(inquiry.CanDescribe);
        Assert.Null(await inquiry.DescribeAsync("b", token));
    }

    [Fact]
    public async Task An_export_described_by_a_size_of_0_is_opened()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(8);
            await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
            await peer.ExpectOptionAsync(6);
            await peer.SendAsync(Wire.InfoExport(6, 0, 3), Wire.OptionReply(6, 1));
            await peer.ExpectOptionAsync(7);
            await peer.SendAsync(Wire.InfoExport(7, 8192, 3), Wire.OptionReply(7, 1));
            Assert.Equal(2, (await peer.ReceiveRequestAsync()).Command);
        });
        NbdListedExport export = await NbdServer.DescribeAsync(
            server.Uri("a"), new NbdClientOptions(), NullLogger.Instance, TestContext.Current.CancellationToken);
        Assert.Equal(new NbdListedExport("a", null, 8192), export);
    }

    [Theory]
    [InlineData(0x80000001u, NbdErrorKind.ListUnsupported)]
    [InlineData(0x80000002u, NbdErrorKind.ListUnsupported)]
    [InlineData(0x80000005u, NbdErrorKind.TlsRequired)]
    [InlineData(0x80000007u, NbdErrorKind.HandshakeFailed)]
    public async Task A_refused_list_says_why(uint reply, NbdErrorKind kind)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await StartAsync(peer);
            await peer.SendAsync(Wire.OptionReply(3, reply));
        });
        await ListAsync(server).FailsAsync(kind);
    }

    [Fact]
    public async Task A_server_that_knows_no_options_cannot_list()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(peer => peer.GreetAsync(0));
        await ListAsync(server).FailsAsync(NbdErrorKind.ListUnsupported);
    }

    [Fact]
    public async Task An_export_is_described_by_opening_where_info_is_unknown()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(8);
            await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
            await peer.ExpectOptionAsync(6);
            await peer.SendAsync(Wire.OptionReply(6, 0x80000001));
            await peer.ExpectOptionAsync(7);
            await peer.SendAsync(Wire.OptionReply(7, 0x80000001));
            Assert.Equal(Wire.Text("a"), await peer.ExpectOptionAsync(1));
            await peer.SendAsync(Wire.U64(4096), Wire.U16(3));
            Assert.Equal(2, (await peer.ReceiveRequestAsync()).Command);
        });
        NbdListedExport export = await NbdServer.DescribeAsync(
            server.Uri("a"), new NbdClientOptions(), NullLogger.Instance, TestContext.Current.CancellationToken);
        Assert.Equal(new NbdListedExport("a", null, 4096), export);
    }

    private static async Task StartAsync(ServerPeer peer)
    {
        await peer.GreetAsync(3);
        await peer.ExpectOptionAsync(8);
        await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
        Assert.Empty(await peer.ExpectOptionAsync(3));
    }

    private static async Task ListAsync(ServerPeer peer, params byte[][] exports)
    {
        await StartAsync(peer);
        await peer.SendAsync(Wire.Join(exports), Wire.OptionReply(3, 1));
    }

    private static Task<NbdInquiry> ConnectAsync(ScriptedNbdServer server) => NbdInquiry
        .ConnectAsync(server.Uri(), new NbdClientOptions(), NullLogger.Instance, CancellationToken.None)
        .WaitAsync(ScriptedNbdServer.Bound);

    private static Task<IReadOnlyList<NbdListedExport>> ListAsync(ScriptedNbdServer server) => NbdServer
        .ListAsync(server.Uri(), new NbdClientOptions(), NullLogger.Instance, CancellationToken.None)
        .WaitAsync(ScriptedNbdServer.Bound);
}
