using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Handshake;

public sealed class ListingTests
{
    [Fact]
    public async Task Exports_are_listed_with_descriptions_and_details()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await ListAsync(
                peer, Wire.ListedExport("a", "first"), Wire.ListedExport(""), Wire.ListedExport("a", "again"));
            Assert.Equal(Wire.Hex("00000001 61 0003 0001 0002 0003"), await peer.ExpectOptionAsync(6));
            await peer.SendAsync(Wire.InfoExport(6, 4096, 3), Wire.OptionReply(6, 1));
            await peer.ExpectOptionAsync(6);
            await peer.SendAsync(Wire.OptionReply(6, 0x80000006, Wire.Text("gone")));
            await peer.ExpectOptionAsync(2);
        });
        IReadOnlyList<NbdListedExport> exports = await ListAsync(server);
        Assert.Equal(["a", ""], exports.Select(export => export.Name));
        Assert.Equal(("first", 4096L), (exports[0].Description, exports[0].Details!.Length));
        Assert.Null(exports[1].Details);
    }

    [Fact]
    public async Task A_server_without_info_lists_names_alone()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await ListAsync(peer, Wire.ListedExport("a"), Wire.ListedExport("b"));
            await peer.ExpectOptionAsync(6);
            await peer.SendAsync(Wire.OptionReply(6, 0x80000001));
            await peer.ExpectOptionAsync(2);
        });
        Assert.All(await ListAsync(server), export => Assert.Null(export.Details));
    }

    [Fact]
    public async Task A_size_of_0_is_asked_for_again_by_opening()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await ListAsync(peer, Wire.ListedExport("a"));
                await peer.ExpectOptionAsync(6);
                await peer.SendAsync(Wire.InfoExport(6, 0, 3), Wire.OptionReply(6, 1));
            },
            peer => peer.EnterSimpleAsync(8192));
        Assert.Equal(8192, Assert.Single(await ListAsync(server)).Details!.Length);
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
        Assert.Equal(("a", 4096L), (export.Name, export.Details!.Length));
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

    private static Task<IReadOnlyList<NbdListedExport>> ListAsync(ScriptedNbdServer server) => NbdServer
        .ListAsync(server.Uri(), new NbdClientOptions(), NullLogger.Instance, CancellationToken.None)
        .WaitAsync(ScriptedNbdServer.Bound);
}
