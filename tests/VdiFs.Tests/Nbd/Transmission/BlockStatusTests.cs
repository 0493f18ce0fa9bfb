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
            [
                new NbdExtent(1000, HoleAndZero),
                new NbdExtent(24, NbdExtentFlags.None),
                new NbdExtent(512, NbdExtentFlags.Zero),
            ],
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
        NbdException error = await AskAsync(0, 512, cookie => Wire.Simple(cookie, 22)).FailsAsync(
            NbdErrorKind.ServerError);
        Assert.Equal(NbdErrno.InvalidArgument, error.Errno);
    }

    [Fact]
    public async Task An_export_without_the_context_cannot_be_asked()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(peer => peer.EnterSimpleAsync());
        await using NbdClient client = await server.ConnectAsync();
        Assert.False(client.Export.HasBaseAllocation);
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.GetBlockStatusAsync(0, 512, CancellationToken.None));
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
        return await client.GetBlockStatusAsync(offset, length, CancellationToken.None).WaitAsync(
            ScriptedNbdServer.Bound);
    }
}
