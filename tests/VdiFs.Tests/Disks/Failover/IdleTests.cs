using VdiFs.Disks;
using VdiFs.Disks.Failover;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>Connections that nobody uses are closed, and opened again by the next read.</summary>
public sealed class IdleTests
{
    private const int Place = 300 * 1024;
    private const int Disconnect = 2;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task A_disk_that_nobody_reads_says_good_bye_and_is_there_again_for_the_next_read()
    {
        TaskCompletionSource<int> goodbye = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await peer.EnterStructuredAsync(FaithfulServer.Length, FaithfulServer.MultiConn);
                ScriptedRequest request = await peer.ReceiveRequestAsync();
                for (; request.Command != Disconnect; request = await peer.ReceiveRequestAsync())
                {
                    await FaithfulServer.AnswerAsync(peer, request);
                }

                goodbye.SetResult(request.Command);
            },
            FaithfulServer.Serving());
        ManualClock clock = new();
        ScriptedDirectory directory = LazyDisk.Of(server);
        await using FailoverDisk disk = LazyDisk.Create(directory, options: Options(clock));
        await AssertReadsAsync(disk);
        clock.Advance(Idle - Moment);
        Assert.Equal(1, disk.ConnectionCount);
        clock.Advance(Moment);
        Assert.Equal(Disconnect, await goodbye.Task.BoundedAsync());
        Assert.Equal((0, EndpointState.Idle), (disk.ConnectionCount, disk.DescribeServers()[0].State));
        Assert.Null(disk.DescribeServers()[0].LastFailure);
        await AssertReadsAsync(disk);
        Assert.Equal((2, 2), (disk.DescribeServers()[0].TimesConnected, directory.Asked));
    }

    [Fact]
    public async Task Each_read_begins_the_time_anew()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving());
        ManualClock clock = new();
        await using FailoverDisk disk = LazyDisk.Create(LazyDisk.Of(server), options: Options(clock));
        for (int i = 0; i < 4; i++)
        {
            await AssertReadsAsync(disk);
            clock.Advance(Idle - Moment);
        }

        Assert.Equal((1, 1), (disk.ConnectionCount, disk.DescribeServers()[0].TimesConnected));
        clock.Advance(Moment);
        Assert.Equal(0, disk.ConnectionCount);
    }

    [Fact]
    public async Task A_read_that_takes_long_is_not_idle()
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: async (_, _, request) =>
            {
                if (request.Offset == Place)
                {
                    asked.TrySetResult();
                    await answer.Task;
                }

                return false;
            }));
        ManualClock clock = new();
        FailoverOptions patient = Options(clock) with { AttemptTimeout = TimeSpan.FromHours(1) };
        await using FailoverDisk disk = LazyDisk.Create(LazyDisk.Of(server), options: patient);
        Task read = AssertReadsAsync(disk);
        await asked.Task.BoundedAsync();
        clock.Advance(Idle + Idle);
        answer.SetResult();
        await read;
        Assert.Equal((1, 1), (disk.ConnectionCount, disk.DescribeServers()[0].TimesConnected));
    }

    [Fact]
    public async Task Another_disk_behind_the_next_connection_is_not_read()
    {
        await using ScriptedNbdServer server =
            ScriptedNbdServer.Start(FaithfulServer.Serving(), FaithfulServer.Serving(salt: 1));
        ManualClock clock = new();
        await using FailoverDisk disk = LazyDisk.Create(LazyDisk.Of(server), options: Options(clock));
        await AssertReadsAsync(disk);
        clock.Advance(Idle);
        await FailoverDiskTests.ReadAsync(disk, Place).FailsAsync(DiskErrorKind.Changed);
    }

    private static FailoverOptions Options(ManualClock clock) =>
        LazyDisk.Eager with { IdleTimeout = Idle, TimeProvider = clock };

    private static async Task AssertReadsAsync(FailoverDisk disk) =>
        Assert.Equal(FaithfulServer.Disk(Place, 4096), await FailoverDiskTests.ReadAsync(disk, Place));
}
