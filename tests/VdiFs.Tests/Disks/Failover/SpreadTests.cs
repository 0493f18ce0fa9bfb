using System.Collections.Concurrent;
using VdiFs.Disks.Failover;
using VdiFs.Disks.Slots;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>Reads over several servers at once, while those that are connected are what readers wait for.</summary>
public sealed class SpreadTests : IAsyncDisposable
{
    // Twice the pages by which a disk is recognised, so that these are told from those.
    private const int ReadBytes = 8192;
    private const int ReadsThatSaturate = 8;

    private readonly ManualClock _clock = new();
    private readonly TaskCompletionSource _answering = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<int, int> _asked = new();
    private readonly List<ScriptedNbdServer> _servers = [];
    private readonly List<Task> _reads = [];

    private FailoverOptions Options => LazyDisk.Eager with
    {
        TimeProvider = _clock,
        SaturatedBytes = ReadsThatSaturate * ReadBytes,
    };

    [Fact]
    public async Task Servers_that_readers_wait_for_are_joined_by_others_and_share_the_reads_evenly()
    {
        await using FailoverDisk disk = Create(Holding(), Holding(), Holding());
        await JoinAsync(disk, servers: 2);
        await JoinAsync(disk, servers: 3);
        int each = _reads.Count;
        Read(disk, count: 2 * each);

        await AnswerAsync();

        Assert.Equal([each, each, each], _asked.Values);
    }

    [Fact]
    public async Task A_reader_who_asks_for_one_thing_at_a_time_is_served_by_one()
    {
        _answering.SetResult();
        await using FailoverDisk disk = Create(Holding(), Holding());
        for (int i = 0; i < 4 * ReadsThatSaturate; i++)
        {
            Read(disk, count: 1);
            await _reads[^1].BoundedAsync();
            _clock.Advance(Options.SaturatedFor);
        }

        Assert.Equal(1, disk.DescribeServers().Sum(server => server.TimesConnected));
    }

    [Fact]
    public async Task A_burst_that_is_over_soon_is_served_by_one()
    {
        _answering.SetResult();
        await using FailoverDisk disk = Create(Holding(), Holding());
        for (int burst = 0; burst < 3; burst++)
        {
            Read(disk, count: 4 * ReadsThatSaturate);
            await Task.WhenAll(_reads).BoundedAsync();
            _clock.Advance(Options.SaturatedFor);
        }

        Assert.Equal(1, disk.DescribeServers().Sum(server => server.TimesConnected));
    }

    [Fact]
    public async Task A_server_that_joined_and_is_lost_costs_nobody_an_error()
    {
        await using FailoverDisk disk = Create(
            Holding(),
            Held((_, peer) =>
            {
                peer.Cut(byReset: true);
                throw new ConnectionCutException();
            }));
        await JoinAsync(disk, servers: 2);
        Read(disk, count: ReadsThatSaturate);

        await AnswerAsync();

        Assert.Null(disk.LastError);
    }

    [Fact]
    public async Task A_server_with_another_disk_does_not_join()
    {
        await using FailoverDisk disk = Create(Holding(), Holding(salt: 1));
        await SaturateAsync(disk);
        await UntilAsync(() => disk.DescribeServers().Any(server => server.State == EndpointState.Refused));
        Read(disk, count: ReadsThatSaturate);

        await AnswerAsync();

        Assert.Equal(1, Connected(disk));
    }

    [Fact]
    public async Task A_disk_that_changes_meanwhile_is_read_from_one_server()
    {
        await using FailoverDisk disk = Create(Options, mayChange: true, Holding(), Holding());
        await SaturateAsync(disk);
        Assert.Equal(
            [EndpointState.Connected, EndpointState.Idle], disk.DescribeServers().Select(server => server.State));
        await AnswerAsync();
    }

    [Fact]
    public async Task A_server_joins_in_a_slot_that_is_free_and_stands_in_no_line()
    {
        HostSlots slots = new(new HostSlotOptions { PerHost = 1, TimeProvider = _clock });
        SlotLease taken = await slots.Open(HostOf(1), new Slots.SlotUser())
            .TakeAsync(TestContext.Current.CancellationToken);
        await using FailoverDisk disk = Create(
            Options with { HostSlots = slots }, mayChange: false, Holding(), Holding());
        await SaturateAsync(disk);
        await UntilAsync(() => disk.DescribeServers().All(server => server.State != EndpointState.Connecting));
        Assert.Equal(1, Connected(disk));

        taken.Dispose();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await JoinAsync(disk, servers: 2);
        await AnswerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ScriptedNbdServer server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private static string HostOf(int server) => $"host {server}";

    private static int Connected(FailoverDisk disk) =>
        disk.DescribeServers().Count(server => server.State == EndpointState.Connected);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        while (!condition())
        {
            await Task.Delay(1, bound.Token);
        }
    }

    /// <summary>A server that answers no read before it is time to.</summary>
    private Func<ServerPeer, Task> Holding(byte salt = 0) => Held((_, _) => Task.FromResult(false), salt);

    private Func<ServerPeer, Task> Held(Func<ScriptedRequest, ServerPeer, Task<bool>> answer, byte salt = 0)
    {
        int server = _asked.Count;
        _asked[server] = 0;
        return FaithfulServer.Serving(salt, instead: async (_, peer, request) =>
        {
            if (request.Length != ReadBytes)
            {
                return false;
            }

            await _answering.Task;
            _asked.AddOrUpdate(server, 1, (_, count) => count + 1);
            return await answer(request, peer);
        });
    }

    private FailoverDisk Create(params Func<ServerPeer, Task>[] scripts) =>
        Create(Options, mayChange: false, scripts);

    private FailoverDisk Create(FailoverOptions options, bool mayChange, params Func<ServerPeer, Task>[] scripts)
    {
        _servers.AddRange(scripts.Select(script => ScriptedNbdServer.Start(script)));
        DiskServer[] found =
        [
            .. _servers.Select((server, i) => new DiskServer(
                server.UriText, server.Uri(), new NbdClientOptions { Connections = 1 })
            {
                HostKey = HostOf(i),
            }),
        ];
        return LazyDisk.Create(new ScriptedDirectory(() => found), mayChange: mayChange, options: options);
    }

    /// <summary>Asks for so much that the server which is connected has enough to do, and goes on doing so.</summary>
    private async Task SaturateAsync(FailoverDisk disk)
    {
        Read(disk, count: 1);
        await UntilAsync(() => Connected(disk) > 0);
        Read(disk, count: 2 * ReadsThatSaturate);
        _clock.Advance(Options.SaturatedFor);
        Read(disk, count: 1);
    }

    /// <summary>Goes on until a server more is connected.</summary>
    private async Task JoinAsync(FailoverDisk disk, int servers)
    {
        await SaturateAsync(disk);
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        while (Connected(disk) < servers)
        {
            if (disk.DescribeServers().All(server => server.State != EndpointState.Connecting))
            {
                // The attempt before was only just ending.
                _clock.Advance(Options.SaturatedFor);
                Read(disk, count: 1);
            }

            await Task.Delay(1, bound.Token);
        }
    }

    private void Read(FailoverDisk disk, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _reads.Add(ReadAsync(disk, _reads.Count % (FaithfulServer.Length / ReadBytes) * ReadBytes));
        }
    }

    private async Task AnswerAsync()
    {
        _answering.SetResult();
        await Task.WhenAll(_reads).BoundedAsync();
    }

    private static async Task ReadAsync(FailoverDisk disk, long diskOffset)
    {
        byte[] bytes = new byte[ReadBytes];
        await disk.ReadAsync(diskOffset, [bytes], CancellationToken.None);
        Assert.Equal(FaithfulServer.Disk(diskOffset, ReadBytes), bytes);
    }
}
