using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Transmission;

public sealed class BlockStatusTests
{
    private const NbdExtentFlags HoleAndZero = NbdExtentFlags.Hole | NbdExtentFlags.Zero;

    [Fact]
    public async Task Extents_come_in_order_and_unknown_flags_are_dropped()
    {
        Assert.Equal(
            [new NbdExtent(1000, HoleAndZero), new NbdExtent(24, NbdExtentFlags.None), new NbdExtent(512, NbdExtentFlags.Zero)],
            await AskAsync(1024, 4096, cookie => Wire.Status(cookie, 7, (1000, 3), (24, 0xfffffffc), (512, 2))));
    }

    [Fact]
    public async Task The_last_extent_is_cut_to_the_request()
    {
        Assert.Equal(
            [new NbdExtent(512, HoleAndZero), new NbdExtent(512, NbdExtentFlags.None)],
            await AskAsync(0, 1024, cookie => Wire.Status(cookie, 7, (512, 3), (uint.MaxValue, 0))));
    }

    [Fact]
    public async Task An_unaligned_question_gets_the_part_it_asked_about()
    {
        Assert.Equal(
            [new NbdExtent(412, HoleAndZero), new NbdExtent(88, NbdExtentFlags.None)],
            await AskAsync(100, 500, cookie => Wire.Status(cookie, 7, (512, 3), (512, 0))));
    }

    [Fact]
    public async Task A_simple_error_fails_the_question_alone()
    {
        NbdException error = await AskAsync(0, 512, cookie => Wire.Simple(cookie, 22)).FailsAsync(NbdErrorKind.ServerError);
        Assert.Equal(NbdErrno.InvalidArgument, error.Errno);
    }

    public static TheoryData<string> Lies => [.. AllLies.Keys];

    private static readonly Dictionary<string, Func<ulong, byte[]>> AllLies = new()
    {
        ["simple success"] = cookie => Wire.Simple(cookie, 0),
        ["end without a status"] = Wire.None,
        ["no extent"] = cookie => Wire.Status(cookie, 7),
        ["extent of 0 bytes"] = cookie => Wire.Status(cookie, 7, (512, 0), (0, 0)),
        ["extent behind the request"] = cookie => Wire.Status(cookie, 7, (1024, 0), (512, 0)),
        ["context that was not asked for"] = cookie => Wire.Status(cookie, 8, (1024, 0)),
        ["half an extent"] = cookie => Wire.Chunk(cookie, Wire.Done, 5, Wire.U32(7), Wire.U64(1), Wire.U32(0)),
        ["status of 4 GiB"] = cookie => Wire.ChunkHead(cookie, 0, 5, uint.MaxValue - 3),
        ["status of 0 bytes"] = cookie => Wire.ChunkHead(cookie, 0, 5, 0),
        ["status twice"] = cookie => Wire.Join(
            Wire.Chunk(cookie, 0, 5, Wire.U32(7), Wire.U32(512), Wire.U32(0)), Wire.Status(cookie, 7, (512, 0))),
        ["data as an answer to a status"] = cookie => Wire.Data(cookie, 0, new byte[1024], Wire.Done),
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_lie_is_a_protocol_error(string lie)
    {
        await AskAsync(0, 1024, AllLies[lie]).FailsAsync(NbdErrorKind.Protocol);
    }

    [Fact]
    public async Task An_export_without_the_context_cannot_be_asked()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(peer => peer.EnterSimpleAsync());
        await using NbdClient client = await server.ConnectAsync();
        Assert.False(client.Export.HasBaseAllocation);
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetBlockStatusAsync(0, 512, CancellationToken.None));
    }

    private static async Task<IReadOnlyList<NbdExtent>> AskAsync(long offset, long length, Func<ulong, byte[]> answer)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest request = await peer.ReceiveRequestAsync();
            Assert.Equal(7, request.Command);
            await peer.SendAsync(answer(request.Cookie));
        });
        await using NbdClient client = await server.ConnectAsync();
        return await client.GetBlockStatusAsync(offset, length, CancellationToken.None).WaitAsync(ScriptedNbdServer.Bound);
    }
}
