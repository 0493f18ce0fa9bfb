using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks.Failover;
using VdiFs.Disks.Slots;
using VdiFs.Nbd;
using VdiFs.Tests.Disks.Failover;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Slots;

/// <summary>Disks that share a host's few connections.</summary>
public sealed class TakingTurnsTests
{
    private static readonly HostSlotOptions Quick = new()
    {
        Turn = TimeSpan.FromMilliseconds(50),
        Pulse = TimeSpan.FromMilliseconds(10),
    };

    private readonly CountedConnections _connections = new();

    [Fact]
    public async Task Ten_disks_that_are_read_at_once_all_get_on_over_four_connections()
    {
        const int disks = 10;
        const int turns = 3;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving());
        HostSlots slots = new(Quick);
        FailoverDisk[] all = [.. Enumerable.Range(0, disks).Select(_ => Create(server, slots))];
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);

        // Nobody stops before everybody has had several turns, so nobody makes way of his own will.
        bool HaveAllHadTheirTurns() => all.All(
            disk => disk.DescribeServers() is [{ TimesConnected: >= turns }]);
        await Task.WhenAll(all.Select(disk => ReadUntilAsync(disk, HaveAllHadTheirTurns, bound.Token)));
        Assert.InRange(_connections.Most, 1, 4);
        Assert.All(all, disk => Assert.Null(disk.LastError));
        await Task.WhenAll(all.Select(disk => disk.DisposeAsync().AsTask())).BoundedAsync();
        Assert.Equal(0, _connections.Open);
    }

    [Fact]
    public async Task A_disk_alone_has_all_its_connections_and_gives_them_to_the_next()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving());
        HostSlots slots = new(Quick with { Turn = TimeSpan.FromHours(1), IdleGrace = TimeSpan.FromHours(1) });
        await using FailoverDisk first = Create(server, slots, connections: 4);
        await AssertReadsAsync(first, 0);
        await UntilAsync(() => first.ConnectionCount == 4);
        FailoverDisk[] others = [Create(server, slots), Create(server, slots), Create(server, slots)];
        await Task.WhenAll(others.Select(disk => AssertReadsAsync(disk, 4096)));
        await AssertReadsAsync(first, 8192);
        await UntilAsync(() => first.ConnectionCount == 1);
        Assert.Equal((1, 4), (first.DescribeServers()[0].TimesConnected, _connections.Most));
        await Task.WhenAll(others.Select(disk => disk.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Waiting_for_a_slot_is_no_connecting_and_ends_with_its_reader()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving());
        ManualClock clock = new();
        HostSlots slots = new(new HostSlotOptions
        {
            PerHost = 1,
            Turn = TimeSpan.FromHours(1),
            IdleGrace = TimeSpan.FromHours(1),
            TimeProvider = clock,
        });
        FailoverDisk first = Create(server, slots, time: clock);
        await AssertReadsAsync(first, 0);
        await using FailoverDisk second = Create(server, slots, time: clock);
        using CancellationTokenSource leaving = new();
        Task read = second.ReadAsync(0, [new byte[4096]], leaving.Token).AsTask();
        await UntilAsync(() => second.DescribeServers() is [{ State: EndpointState.Connecting }]);

        clock.Advance(new NbdClientOptions().ConnectTimeout * 2);
        Assert.Equal((0, 1), (second.DescribeServers()[0].FailuresInARow, _connections.Made));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.BoundedAsync());
        await UntilAsync(() => second.DescribeServers()[0].State == EndpointState.Idle);
        await first.DisposeAsync();
        Assert.Equal(1, _connections.Made);
        await AssertReadsAsync(second, 0);
    }

    [Fact]
    public async Task A_slot_comes_back_from_a_server_that_cannot_be_reached()
    {
        ScriptedNbdServer gone = ScriptedNbdServer.Start(FaithfulServer.Serving());
        ManualClock clock = new();
        HostSlots slots = new(new HostSlotOptions { PerHost = 1, TimeProvider = clock });
        await using FailoverDisk disk = Create(gone, slots, time: clock);
        await gone.DisposeAsync();
        Task read = AssertReadsAsync(disk, 0);
        await clock.PassUntilAsync(() => _connections.Made > 1, LazyDisk.Eager.BackoffFloor);
        clock.Advance(LazyDisk.Eager.ReadDeadline);
        await Assert.ThrowsAnyAsync<VdiFs.Disks.DiskException>(() => read.BoundedAsync());
        await UntilAsync(() => _connections.Open == 0);
    }

    [Theory]
    [InlineData("host", 1)]
    [InlineData("another", 2)]
    public async Task The_addresses_of_one_host_share_its_slots(string hostOfSecond, int connections)
    {
        await using ScriptedNbdServer one = ScriptedNbdServer.Start(FaithfulServer.Serving());
        await using ScriptedNbdServer other = ScriptedNbdServer.Start(FaithfulServer.Serving());
        HostSlots slots = new(
            Quick with { PerHost = 1, Turn = TimeSpan.FromHours(1), IdleGrace = TimeSpan.FromHours(1) });
        await using FailoverDisk first = Create(one, slots, host: "host");
        await using FailoverDisk second = Create(other, slots, host: hostOfSecond);
        await AssertReadsAsync(first, 0);
        using CancellationTokenSource leaving = new();
        Task read = second.ReadAsync(0, [new byte[4096]], leaving.Token).AsTask();
        await UntilAsync(() => second.DescribeServers() is [{ State: EndpointState.Connecting }] || read.IsCompleted);

        if (connections > 1)
        {
            await read.BoundedAsync();
        }

        Assert.Equal(connections, _connections.Most);
        await leaving.CancelAsync();
        await read.ContinueWith(_ => { }, TaskScheduler.Default).BoundedAsync();
    }

    [Theory]
    [InlineData("host", false)]
    [InlineData("another", true)]
    public async Task A_disk_does_not_wait_for_a_second_slot_of_a_host_beside_its_first(
        string hostOfSecond, bool isAsked)
    {
        await using ScriptedNbdServer one = ScriptedNbdServer.Start(FaithfulServer.Serving());
        await using ScriptedNbdServer other = ScriptedNbdServer.Start(FaithfulServer.Serving());
        FailoverOptions options = LazyDisk.Eager with
        {
            // It stands still: what waits for it waits for ever.
            TimeProvider = new ManualClock(),
            HostSlots = new HostSlots(Quick with { PerHost = 1 }),
        };
        DiskServer[] found = [Server("one", one, "host"), Server("other", other, hostOfSecond)];
        await using EndpointSet set = new(
            new ScriptedDirectory(() => found),
            "disk",
            (server, isSpare) => new Endpoint(
                server, client => client, isSpare, new DiskActivity(TimeProvider.System), options, NullLogger.Instance),
            options,
            NullLogger.Instance);
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        Connected connected = await set.AcquireAsync(bytes: 0, _ => false, bound.Token);

        Connected? second = await set.TryAcquireOtherAsync([connected.Endpoint], bound.Token);

        Assert.Equal(isAsked, second is not null);
    }

    private DiskServer Server(string address, ScriptedNbdServer server, string host) => new(
        address, server.Uri(), new NbdClientOptions { Connections = 1, Transport = _connections.ConnectAsync })
    {
        HostKey = host,
    };

    private FailoverDisk Create(
        ScriptedNbdServer server,
        HostSlots slots,
        int connections = 1,
        TimeProvider? time = null,
        string? host = null)
    {
        NbdClientOptions client = new()
        {
            Connections = connections,
            Transport = _connections.ConnectAsync,
        };
        DiskServer[] found = [new DiskServer("server", server.Uri(), client) { HostKey = host }];
        FailoverOptions options = LazyDisk.Eager with
        {
            HostSlots = slots,
            TimeProvider = time ?? TimeProvider.System,
        };
        return LazyDisk.Create(new ScriptedDirectory(() => found), options: options);
    }

    private static async Task ReadUntilAsync(FailoverDisk disk, Func<bool> isEnough, CancellationToken bound)
    {
        for (int i = 0; !isEnough(); i++)
        {
            bound.ThrowIfCancellationRequested();
            await AssertReadsAsync(disk, i % 64 * 4096);
        }
    }

    private static async Task AssertReadsAsync(FailoverDisk disk, long diskOffset) =>
        Assert.Equal(FaithfulServer.Disk(diskOffset, 4096), await FailoverDiskTests.ReadAsync(disk, diskOffset));

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        while (!condition())
        {
            await Task.Delay(1, bound.Token);
        }
    }
}
