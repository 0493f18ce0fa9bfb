using VdiFs.Disks;
using VdiFs.Disks.Failover;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>After a reconnect it must be the same disk, or nothing is read any more.</summary>
public sealed class SameDiskTests
{
    private const int Place = 300 * 1024;

    public static TheoryData<string> Changes => ["length", "flags", "content", "sampled page", "first page"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Another_disk_behind_the_next_connection_ends_everything(string change)
    {
        Func<ServerPeer, Task> next = change switch
        {
            "length" => FaithfulServer.Serving(length: FaithfulServer.Length / 2),
            "flags" => FaithfulServer.Serving(transmissionFlags: FaithfulServer.MultiConn & ~2),
            "content" => FaithfulServer.Serving(salt: 1),
            "sampled page" => Elsewhere(Place),
            _ => Elsewhere(0),
        };
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(CutAt(Place + 8192), next);
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync([server]);
        Assert.Equal(FaithfulServer.Disk(Place, 4096), await FailoverDiskTests.ReadAsync(disk, Place));
        DiskException failure =
            await FailoverDiskTests.ReadAsync(disk, Place + 8192).FailsAsync(DiskErrorKind.Changed);
        Assert.Contains("another disk answers", failure.Message, StringComparison.Ordinal);
        await FailoverDiskTests.ReadAsync(disk, 0).FailsAsync(DiskErrorKind.Changed);
        Assert.Equal(DiskErrorKind.Changed, disk.Fault?.Kind);
        Assert.Equal(EndpointState.Refused, disk.DescribeServers()[0].State);
    }

    [Fact]
    public async Task A_further_connection_to_another_disk_ends_everything_too()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            FaithfulServer.Serving(), FaithfulServer.Serving(salt: 1));
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync([server], connections: 2);
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        while (disk.ConnectionCount > 0)
        {
            await Task.Delay(1, bound.Token);
        }

        await FailoverDiskTests.ReadAsync(disk, Place).FailsAsync(DiskErrorKind.Changed);
    }

    [Fact]
    public async Task A_server_with_another_disk_is_refused_and_the_others_are_read()
    {
        await using ScriptedNbdServer wrong = ScriptedNbdServer.Start(CutAt(Place), FaithfulServer.Serving(salt: 1));
        await using ScriptedNbdServer right = ScriptedNbdServer.Start(FaithfulServer.Serving());
        for (int seed = 0; seed < 4; seed++)
        {
            await using FailoverDisk disk = await FailoverDiskTests.OpenAsync([wrong.Uri(), right.Uri()], seed: seed);
            byte? firstSalt = null;
            for (int i = 0; i < 4; i++)
            {
                // Whichever was opened first is the right one: bytes are never mixed.
                byte[] page = await FailoverDiskTests.ReadAsync(disk, Place + (i * 4096));
                byte salt = (byte)(page[0] - FaithfulServer.Disk(Place + (i * 4096), 1)[0]);
                Assert.Equal(FaithfulServer.Disk(Place + (i * 4096), 4096, salt), page);
                Assert.Equal(firstSalt ??= salt, salt);
            }
        }
    }

    [Fact]
    public async Task The_same_disk_with_pages_that_cannot_be_read_any_more_is_read_on()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            CutAt(Place + 8192),
            FaithfulServer.Serving(instead: (_, peer, request) => request.Offset == 0
                ? FaithfulServer.RefuseAsync(peer, request)
                : Task.FromResult(false)));
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync([server]);
        byte[] page = await FailoverDiskTests.ReadAsync(disk, Place + 8192);
        Assert.Equal(FaithfulServer.Disk(Place + 8192, 4096), page);
    }

    [Fact]
    public async Task A_disk_of_which_no_page_can_be_compared_is_not_trusted()
    {
        int refusals = 0;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            CutAt(Place),
            FaithfulServer.Serving(salt: 1, instead: (_, peer, request) =>
            {
                refusals++;
                return FaithfulServer.RefuseAsync(peer, request);
            }));
        ManualClock clock = new();
        FailoverOptions options = new() { TimeProvider = clock };
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync([server.Uri()], options: options);
        Task<byte[]> read = FailoverDiskTests.ReadAsync(disk, Place);
        await FailoverDiskTests.HasFailedAsync(disk, "none of the pages", clock, options.BackoffFloor);
        clock.Advance(options.ReadDeadline);
        DiskException failure = await read.FailsAsync(DiskErrorKind.Unreachable);
        Assert.Contains("none of the pages", failure.Message, StringComparison.Ordinal);
        Assert.True(refusals > 0);
    }

    /// <summary>A server that dies when it is asked for this place.</summary>
    private static Func<ServerPeer, Task> CutAt(long place) => FaithfulServer.Serving(
        instead: (_, peer, request) =>
        {
            if (request.Offset != (ulong)place)
            {
                return Task.FromResult(false);
            }

            peer.Cut(byReset: false);
            throw new ConnectionCutException();
        });

    /// <summary>The same disk but for the page at this place.</summary>
    private static Func<ServerPeer, Task> Elsewhere(long place) => FaithfulServer.Serving(
        instead: async (_, peer, request) =>
        {
            bool isThere = request.Offset == (ulong)place;
            if (isThere)
            {
                await FaithfulServer.AnswerAsync(peer, request, salt: 1);
            }

            return isThere;
        });
}
