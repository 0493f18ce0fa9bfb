using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Failover;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>Reads over servers that fail: right bytes in the end, or an error with its causes.</summary>
public sealed class FailoverDiskTests
{
    // Far from the pages at fixed places, which are read at each connect.
    private const int Place = 300 * 1024;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_read_whose_connection_is_lost_is_asked_again(int connections)
    {
        int cuts = 3;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: (_, peer, request) =>
            {
                if (request.Offset != Place || Interlocked.Decrement(ref cuts) < 0)
                {
                    return Task.FromResult(false);
                }

                peer.Cut(byReset: false);
                throw new ConnectionCutException();
            }));
        await using FailoverDisk disk = await OpenAsync([server], connections);
        await AssertReadsAsync(disk, Place);
        Assert.True(cuts < 0);
        Assert.Null(disk.LastError);
    }

    [Fact]
    public async Task Another_server_is_asked_when_one_is_gone()
    {
        ScriptedNbdServer first = ScriptedNbdServer.Start(FaithfulServer.Serving());
        await using ScriptedNbdServer second = ScriptedNbdServer.Start(FaithfulServer.Serving());
        NbdUri gone = first.Uri();
        await using FailoverDisk disk = await OpenAsync([gone, second.Uri()]);
        await AssertReadsAsync(disk, Place);
        await first.DisposeAsync();
        for (int i = 0; i < 8; i++)
        {
            await AssertReadsAsync(disk, Place + (i * 4096));
        }

        Assert.Equal(
            EndpointState.Connected, Assert.Single(disk.DescribeServers(), s => s.Address != gone.ToString()).State);
    }

    [Fact]
    public async Task A_servers_error_that_passes_is_not_seen()
    {
        int errors = 5;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: (_, peer, request) => request.Offset == Place && Interlocked.Decrement(ref errors) >= 0
                ? FaithfulServer.RefuseAsync(peer, request)
                : Task.FromResult(false)));
        await using FailoverDisk disk = await OpenAsync([server]);
        await AssertReadsAsync(disk, Place);
        Assert.True(errors < 0);
        Assert.Equal(1, disk.DescribeServers()[0].TimesConnected);
    }

    [Fact]
    public async Task A_range_that_one_server_cannot_read_comes_from_another()
    {
        Func<ServerPeer, Task> healthy = FaithfulServer.Serving();
        Func<ServerPeer, Task> damaged = FaithfulServer.Serving(
            instead: (_, peer, request) => request.Offset == Place
                ? FaithfulServer.RefuseAsync(peer, request)
                : Task.FromResult(false));
        for (int seed = 0; seed < 4; seed++)
        {
            await using ScriptedNbdServer first = ScriptedNbdServer.Start(damaged);
            await using ScriptedNbdServer second = ScriptedNbdServer.Start(healthy);
            await using FailoverDisk disk = await OpenAsync([first.Uri(), second.Uri()], seed: seed);
            await AssertReadsAsync(disk, Place);
        }
    }

    [Theory]
    [InlineData(5, 8)]
    [InlineData(22, 1)]
    public async Task A_bad_range_fails_after_so_many_attempts_and_its_neighbours_do_not(int error, int attempts)
    {
        int asked = 0;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: (_, peer, request) =>
            {
                if (request.Offset != Place)
                {
                    return Task.FromResult(false);
                }

                asked++;
                return FaithfulServer.RefuseAsync(peer, request, (uint)error);
            }));
        await using FailoverDisk disk = await OpenAsync([server]);
        DiskException failure = await ReadAsync(disk, Place).FailsAsync(DiskErrorKind.ReadFailed);
        Assert.Equal(attempts, asked);
        Assert.Matches($@"^read of 4096 bytes at {Place} failed: after \d+\.\d s: ", failure.Message);
        Assert.Contains(server.UriText, failure.Message, StringComparison.Ordinal);
        Assert.Equal(failure.Message, disk.LastError);
        await AssertReadsAsync(disk, Place + 4096);
        Assert.Null(disk.Fault);
    }

    [Fact]
    public async Task A_server_that_shuts_down_is_left_for_its_successor()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            FaithfulServer.Serving(
                transmissionFlags: 3,
                instead: (_, peer, request) => request.Offset == Place
                    ? FaithfulServer.RefuseAsync(peer, request, 108)
                    : Task.FromResult(false)),
            FaithfulServer.Serving(transmissionFlags: 3));
        await using FailoverDisk disk = await OpenAsync([server]);
        await AssertReadsAsync(disk, Place);
        Assert.Equal(2, disk.DescribeServers()[0].TimesConnected);
    }

    [Fact]
    public async Task A_dead_server_is_an_error_at_the_deadline_with_what_was_tried()
    {
        ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving());
        ManualClock clock = new();
        FailoverOptions options = new() { TimeProvider = clock };
        await using FailoverDisk disk = await OpenAsync([server.Uri()], options: options);
        await server.DisposeAsync();
        Task<byte[]> read = ReadAsync(disk, Place);
        await HasFailedAsync(disk, "there is no such socket", clock, options.BackoffFloor);
        clock.Advance(options.ReadDeadline);
        DiskException failure = await read.FailsAsync(DiskErrorKind.Unreachable);
        Assert.Contains("given up after 300 s (--read-deadline)", failure.Message, StringComparison.Ordinal);
        Assert.Contains("there is no such socket", failure.Message, StringComparison.Ordinal);
        await clock.PassUntilAsync(
            () => disk.DescribeServers()[0].State == EndpointState.Waiting, step: TimeSpan.Zero);
    }

    [Fact]
    public async Task A_silent_server_is_an_error_at_the_deadline()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: (_, _, request) => Task.FromResult(request.Offset == Place)));
        ManualClock clock = new();
        FailoverOptions options = new() { TimeProvider = clock };
        await using FailoverDisk disk = await OpenAsync([server.Uri()], options: options);
        Task<byte[]> read = ReadAsync(disk, Place);
        await HasFailedAsync(disk, "sent nothing for", clock, Second);
        clock.Advance(options.ReadDeadline);
        DiskException failure = await read.FailsAsync(DiskErrorKind.Unreachable);
        Assert.Contains("sent nothing for", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_lies_about_one_read_each_time_is_an_error_soon()
    {
        int lies = 0;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: async (_, peer, request) =>
            {
                if (request.Offset != Place)
                {
                    return false;
                }

                Interlocked.Increment(ref lies);
                await peer.SendAsync(Wire.Data(request.Cookie, request.Offset + 512, request.Disk, Wire.Done));
                return true;
            }));
        await using FailoverDisk disk = await OpenAsync([server]);
        DiskException failure = await ReadAsync(disk, Place).FailsAsync(DiskErrorKind.Unreachable);
        Assert.Contains("broke the NBD protocol", failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, lies);
    }

    [Fact]
    public async Task A_late_answer_is_overtaken_by_another_servers()
    {
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Func<ServerPeer, Task> late = FaithfulServer.Serving(instead: async (_, peer, request) =>
        {
            if (request.Offset == Place)
            {
                await answer.Task;
            }

            return false;
        });
        await using ScriptedNbdServer first = ScriptedNbdServer.Start(late);
        await using ScriptedNbdServer second = ScriptedNbdServer.Start(FaithfulServer.Serving());
        FailoverOptions options = new() { AttemptTimeout = TimeSpan.FromMilliseconds(200), Random = new PickFirst() };
        await using FailoverDisk disk = await OpenAsync([first.Uri(), second.Uri()], options: options);
        byte[] page = new byte[4096];
        Memory<byte>[] pieces = [page.AsMemory(0, 100), page.AsMemory(100)];
        await disk.ReadAsync(Place, pieces, TestContext.Current.CancellationToken);
        Assert.Equal(FaithfulServer.Disk(Place, page.Length), page);
        answer.SetResult();
        await AssertReadsAsync(disk, Place + 4096);
    }

    [Fact]
    public async Task A_late_answer_still_counts()
    {
        ManualClock clock = new();
        FailoverOptions options = new() { TimeProvider = clock };
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving(
            transmissionFlags: 3,
            instead: async (_, _, request) =>
            {
                if (request.Offset == Place)
                {
                    // Later than an attempt may take, and nobody else to ask.
                    await clock.WaitedForAsync(options.AttemptTimeout);
                    clock.Advance(options.AttemptTimeout + Second);
                }

                return false;
            }));
        await using FailoverDisk disk = await OpenAsync([server.Uri()], options: options);
        await AssertReadsAsync(disk, Place);
        Assert.Equal(1, disk.DescribeServers()[0].TimesConnected);
    }

    [Fact]
    public async Task A_connection_that_is_silent_for_too_long_is_given_up()
    {
        int silent = 1;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving(
            transmissionFlags: 3,
            instead: (_, _, request) =>
                Task.FromResult(request.Offset == Place && Interlocked.Exchange(ref silent, 0) == 1)));
        ManualClock clock = new();
        FailoverOptions options = new() { TimeProvider = clock };
        await using FailoverDisk disk = await OpenAsync([server.Uri()], options: options);
        Task read = AssertReadsAsync(disk, Place);
        await HasFailedAsync(disk, "sent nothing for", clock, Second);
        await clock.PassUntilAsync(() => read.IsCompleted, options.BackoffFloor / 10);
        await read;
        Assert.Equal(2, disk.DescribeServers()[0].TimesConnected);
    }

    [Fact]
    public async Task A_cancelled_read_leaves_and_the_disk_goes_on()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving(
            instead: (_, _, request) => Task.FromResult(request.Offset == Place)));
        await using FailoverDisk disk = await OpenAsync([server.Uri()]);
        using CancellationTokenSource leave = new();
        Task read = disk.ReadAsync(Place, [new byte[4096]], leave.Token).AsTask();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.BoundedAsync());
        await AssertReadsAsync(disk, Place + 4096);
        Assert.Null(disk.LastError);
    }

    [Fact]
    public async Task Opening_does_not_wait_for_what_waiting_does_not_mend()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(8);
            await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
            await peer.ExpectOptionAsync(7);
            await peer.SendAsync(Wire.OptionReply(7, 0x80000006));
        });
        await OpenAsync([server.Uri()]).FailsAsync(DiskErrorKind.NotFound);
    }

    internal static Task<FailoverDisk> OpenAsync(IEnumerable<ScriptedNbdServer> servers, int connections = 1) =>
        OpenAsync([.. servers.Select(server => server.Uri())], connections);

    internal static Task<FailoverDisk> OpenAsync(
        IReadOnlyList<NbdUri> servers, int connections = 1, FailoverOptions? options = null, int? seed = null) =>
        FailoverDisk.OpenAsync(
            servers,
            new NbdClientOptions { Connections = connections },
            options ?? new FailoverOptions { Random = seed is { } number ? new Random(number) : Random.Shared },
            NullLogger.Instance,
            CancellationToken.None)
        .WaitAsync(ScriptedNbdServer.Bound);

    internal static async Task<byte[]> ReadAsync(FailoverDisk disk, long diskOffset)
    {
        byte[] page = new byte[4096];
        await disk.ReadAsync(diskOffset, [page], CancellationToken.None)
            .AsTask().WaitAsync(ScriptedNbdServer.Bound);
        return page;
    }

    /// <summary>Lets time pass until the only server has failed so.</summary>
    internal static Task HasFailedAsync(FailoverDisk disk, string reason, ManualClock clock, TimeSpan step) =>
        clock.PassUntilAsync(
            () => disk.DescribeServers()[0].LastFailure?.Contains(reason, StringComparison.Ordinal) == true, step);

    private static async Task AssertReadsAsync(FailoverDisk disk, long diskOffset) =>
        Assert.Equal(FaithfulServer.Disk(diskOffset, 4096), await ReadAsync(disk, diskOffset));
}
