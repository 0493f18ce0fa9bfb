using VdiFs.Disks;
using VdiFs.Disks.Failover;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>Servers that are silent, damaged or lie beside a healthy one, which must be asked in time.</summary>
public sealed class SilentServerTests
{
    private const int Place = 300 * 1024;
    private const int BlockStatus = 7;

    private static readonly FailoverOptions InOrder = new()
    {
        AttemptTimeout = TimeSpan.FromMilliseconds(400),
        ConnectStagger = TimeSpan.FromMilliseconds(50),
        Random = new PickFirst(),
    };

    [Fact]
    public async Task Opening_does_not_wait_for_a_server_that_answers_no_read()
    {
        await using ScriptedNbdServer silent = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: (_, _, _) => Task.FromResult(true)));
        await using ScriptedNbdServer healthy = ScriptedNbdServer.Start(FaithfulServer.Serving());
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync(
            [silent.Uri(), healthy.Uri()], options: InOrder);
        Assert.Equal(FaithfulServer.Disk(Place, 4096), await FailoverDiskTests.ReadAsync(disk, Place));
    }

    [Fact]
    public async Task A_late_answer_comes_from_the_third_server_when_the_second_does_not_greet()
    {
        await using ScriptedNbdServer late = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: (_, _, request) => Task.FromResult(request.Offset == Place)));
        await using ScriptedNbdServer mute = ScriptedNbdServer.Start(peer => peer.SilenceAsync());
        await using ScriptedNbdServer healthy = ScriptedNbdServer.Start(FaithfulServer.Serving());
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync(
            [late.Uri(), mute.Uri(), healthy.Uri()], options: InOrder);
        Assert.Equal(FaithfulServer.Disk(Place, 4096), await FailoverDiskTests.ReadAsync(disk, Place));
    }

    [Fact]
    public async Task A_bad_range_is_an_error_soon_though_another_server_does_not_greet()
    {
        await using ScriptedNbdServer damaged = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: (_, peer, request) => request.Offset == Place
                ? FaithfulServer.RefuseAsync(peer, request)
                : Task.FromResult(false)));
        await using ScriptedNbdServer mute = ScriptedNbdServer.Start(peer => peer.SilenceAsync());
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync(
            [damaged.Uri(), mute.Uri()], options: InOrder);
        await FailoverDiskTests.ReadAsync(disk, Place).FailsAsync(DiskErrorKind.ReadFailed);
    }

    [Fact]
    public async Task A_block_status_comes_from_another_server_when_one_is_silent()
    {
        await using ScriptedNbdServer silent = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: (_, _, request) => Task.FromResult(request.Command == BlockStatus)));
        await using ScriptedNbdServer healthy = ScriptedNbdServer.Start(
            FaithfulServer.Serving(instead: AnswerStatusAsync));
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync(
            [silent.Uri(), healthy.Uri()], options: InOrder with { SilenceLimit = TimeSpan.FromMilliseconds(300) });
        IReadOnlyList<NbdExtent> extents = await disk
            .GetBlockStatusAsync(0, FaithfulServer.Length, TestContext.Current.CancellationToken)
            .WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken);
        Assert.Equal([new NbdExtent(FaithfulServer.Length, NbdExtentFlags.Zero)], extents);
    }

    [Fact]
    public async Task A_block_status_of_which_the_next_server_knows_nothing_is_an_error()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            FaithfulServer.Serving(instead: (_, peer, request) => CutAtStatus(peer, request)),
            ServingWithoutStatusAsync);
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync([server]);
        await disk.GetBlockStatusAsync(0, FaithfulServer.Length, TestContext.Current.CancellationToken)
            .FailsAsync(DiskErrorKind.ReadFailed);
    }

    [Fact]
    public async Task A_read_that_two_servers_lie_about_comes_from_the_third()
    {
        Func<ServerPeer, Task> lying = FaithfulServer.Serving(instead: async (_, peer, request) =>
        {
            if (request.Offset != Place)
            {
                return false;
            }

            await peer.SendAsync(Wire.Data(request.Cookie, request.Offset + 512, request.Disk, Wire.Done));
            return true;
        });
        await using ScriptedNbdServer first = ScriptedNbdServer.Start(lying);
        await using ScriptedNbdServer second = ScriptedNbdServer.Start(lying);
        await using ScriptedNbdServer honest = ScriptedNbdServer.Start(FaithfulServer.Serving());
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync(
            [first.Uri(), second.Uri(), honest.Uri()], options: InOrder);
        await FailoverDiskTests.ReadAsync(disk, Place + 4096);
        Assert.Equal(FaithfulServer.Disk(Place, 4096), await FailoverDiskTests.ReadAsync(disk, Place));
    }

    private static async Task<bool> AnswerStatusAsync(int number, ServerPeer peer, ScriptedRequest request)
    {
        if (request.Command != BlockStatus)
        {
            return false;
        }

        await peer.SendAsync(Wire.Status(request.Cookie, 7, (request.Length, (uint)NbdExtentFlags.Zero)));
        return true;
    }

    private static Task<bool> CutAtStatus(ServerPeer peer, ScriptedRequest request)
    {
        if (request.Command != BlockStatus)
        {
            return Task.FromResult(false);
        }

        peer.Cut(byReset: false);
        throw new ConnectionCutException();
    }

    private static async Task ServingWithoutStatusAsync(ServerPeer peer)
    {
        await peer.EnterSimpleAsync(FaithfulServer.Length, FaithfulServer.MultiConn);
        while (true)
        {
            ScriptedRequest request = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Simple(request.Cookie, 0, request.Disk));
        }
    }
}
