using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Pool;

public sealed class ConnectionPoolTests
{
    private const int MultiConn = 0x103;

    [Fact]
    public async Task Several_connections_share_the_reads_evenly()
    {
        int[] served = new int[3];
        int number = -1;
        TaskCompletionSource all = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            int mine = Interlocked.Increment(ref number);
            await peer.EnterStructuredAsync(transmissionFlags: MultiConn);
            List<ScriptedRequest> requests = [];
            for (int i = 0; i < 4; i++)
            {
                requests.Add(await peer.ReceiveRequestAsync());
                if (Interlocked.Increment(ref served[mine]) == 4 && served.Sum() == 12)
                {
                    all.TrySetResult();
                }
            }

            await all.Task;
            foreach (ScriptedRequest read in requests)
            {
                await peer.SendAsync(Wire.Data(read.Cookie, read.Offset, read.Disk, Wire.Done));
            }
        });
        await using NbdClient client = await server.ConnectAsync(options: new() { Connections = 3 });
        await UntilAsync(() => client.ConnectionCount == 3);
        byte[][] read = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => client.ReadAsync(i * 512, 512)));
        Assert.Equal([4, 4, 4], served);
        Assert.Equal(Wire.Disk(0, 12 * 512), Wire.Join(read));
    }

    [Fact]
    public async Task Without_multi_conn_one_connection_does_it_all()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            peer => peer.EnterStructuredAsync(),
            _ => throw new InvalidOperationException("a second connection"));
        await using NbdClient client = await server.ConnectAsync(options: new() { Connections = 4 });
        Assert.Equal(1, client.ConnectionCount);
    }

    [Fact]
    public async Task A_lost_connection_fails_its_reads_and_the_others_go_on()
    {
        TaskCompletionSource cut = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await peer.EnterStructuredAsync(transmissionFlags: MultiConn);
                await cut.Task;
                peer.Cut(byReset: false);
            },
            async peer =>
            {
                await peer.EnterStructuredAsync(transmissionFlags: MultiConn);
                while (true)
                {
                    ScriptedRequest read = await peer.ReceiveRequestAsync();
                    await peer.SendAsync(Wire.Data(read.Cookie, read.Offset, read.Disk, Wire.Done));
                }
            });
        await using NbdClient client = await server.ConnectAsync(options: new() { Connections = 2 });
        await UntilAsync(() => client.ConnectionCount == 2);
        Task<byte[]>[] reads = [client.ReadAsync(0, 512), client.ReadAsync(512, 512)];
        cut.SetResult();
        await reads[0].FailsAsync(NbdErrorKind.ConnectionLost);
        Assert.Equal(Wire.Disk(512, 512), await reads[1]);
        Assert.Equal(Wire.Disk(1024, 512), await client.ReadAsync(1024, 512));
        await UntilAsync(() => client.ConnectionCount == 2);
        Assert.Equal(Wire.Disk(2048, 512), await client.ReadAsync(2048, 512));
    }

    [Fact]
    public async Task A_connection_carries_nothing_before_it_is_verified()
    {
        List<ulong> asked = [];
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            while (true)
            {
                ScriptedRequest read = await peer.ReceiveRequestAsync();
                asked.Add(read.Offset);
                await peer.SendAsync(Wire.Data(read.Cookie, read.Offset, read.Disk, Wire.Done));
            }
        });
        NbdClientOptions options = new()
        {
            Connections = 1,
            RequestsInFlight = 1,
            Verify = async (probe, token) =>
            {
                // More at once than the connection may have in flight.
                byte[][] pages = [new byte[512], new byte[512], new byte[512]];
                await Task.WhenAll(pages.Select((page, i) => probe.ReadAsync(i * 512, [page], token).AsTask()));
                Assert.Equal(Wire.Disk(0, 1536), Wire.Join(pages));
                Assert.Equal(1 << 20, probe.Export.Length);
            },
        };
        await using NbdClient client = await server.ConnectAsync(options: options);
        Assert.Equal(Wire.Disk(4096, 512), await client.ReadAsync(4096, 512));
        Assert.Equal([0, 512, 1024, 4096], asked);
    }

    [Fact]
    public async Task A_connection_that_is_not_trusted_is_closed_and_the_client_never_made()
    {
        TaskCompletionSource left = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            await peer.DrainAsync();
            left.SetResult();
        });
        NbdClientOptions options = new()
        {
            Verify = (_, _) => throw new NbdException(NbdErrorKind.ExportChanged, "not this one"),
        };
        await server.ConnectAsync(options: options).FailsAsync(NbdErrorKind.ExportChanged);
        await left.Task.WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_verification_that_takes_too_long_is_a_timeout()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(peer => peer.EnterStructuredAsync());
        NbdClientOptions options = new()
        {
            HandshakeTimeout = TimeSpan.FromMilliseconds(300),
            Verify = async (probe, token) => await probe.ReadAsync(0, [new byte[512]], token),
        };
        await server.ConnectAsync(options: options).FailsAsync(NbdErrorKind.Timeout);
    }

    [Fact]
    public async Task A_silent_connection_is_dropped_and_a_busy_one_is_not()
    {
        TaskCompletionSource asked = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            await peer.ReceiveRequestAsync();
            asked.SetResult();
        });
        await using NbdClient client = await server.ConnectAsync();
        client.DropSilentConnections(TimeSpan.Zero);
        Assert.True(client.IsAlive);
        Task<byte[]> read = client.ReadAsync(0, 512);
        await asked.Task.WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken);
        client.DropSilentConnections(TimeSpan.FromMinutes(1));
        Assert.True(client.IsAlive);
        client.DropSilentConnections(TimeSpan.Zero);
        NbdException lost = await read.FailsAsync(NbdErrorKind.ConnectionLost);
        Assert.Contains("sent nothing", lost.Message, StringComparison.Ordinal);
        await UntilAsync(() => !client.IsAlive);
    }

    [Fact]
    public async Task When_none_is_left_every_read_fails_at_once_with_the_cause()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            await peer.ReceiveRequestAsync();
            peer.Cut(byReset: false);
        });
        await using NbdClient client = await server.ConnectAsync(
            options: new() { Connections = 1, RequestsInFlight = 1 });
        Task<byte[]> sent = client.ReadAsync(0, 512);
        Task<byte[]> inLine = client.ReadAsync(512, 512);
        await sent.FailsAsync(NbdErrorKind.ConnectionLost);
        await inLine.FailsAsync(NbdErrorKind.ConnectionLost);
        NbdException later = await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ConnectionLost);
        Assert.Contains("closed the connection", later.Message, StringComparison.Ordinal);
        Assert.True(later.IsTransient);
    }

    [Theory]
    [InlineData(4096, MultiConn)]
    [InlineData(1 << 20, MultiConn & ~2)]
    public async Task Another_export_under_the_same_name_fails_everything(int length, int transmissionFlags)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            peer => peer.EnterStructuredAsync(1 << 20, MultiConn),
            peer => peer.EnterStructuredAsync((ulong)length, transmissionFlags));
        await using NbdClient client = await server.ConnectAsync(options: new() { Connections = 2 });
        await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ExportChanged);
        await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ExportChanged);
    }

    [Fact]
    public async Task A_refused_second_connection_leaves_the_first_at_work()
    {
        TaskCompletionSource refused = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await peer.EnterStructuredAsync(transmissionFlags: MultiConn);
                ScriptedRequest read = await peer.ReceiveRequestAsync();
                await refused.Task;
                await peer.SendAsync(Wire.Data(read.Cookie, read.Offset, read.Disk, Wire.Done));
            },
            peer =>
            {
                peer.Cut(byReset: false);
                refused.TrySetResult();
                return Task.CompletedTask;
            });
        await using NbdClient client = await server.ConnectAsync(options: new() { Connections = 2 });
        Assert.Equal(Wire.Disk(0, 512), await client.ReadAsync(0, 512));
        Assert.Equal(1, client.ConnectionCount);
    }

    [Fact]
    public async Task A_server_that_is_shutting_down_is_left()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            await peer.SendAsync(Wire.Error((await peer.ReceiveRequestAsync()).Cookie, 108, "bye", Wire.Done));
        });
        await using NbdClient client = await server.ConnectAsync();
        NbdException error = await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ServerError);
        Assert.True(error.IsTransient);
        NbdException later = await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ConnectionLost);
        Assert.Contains("shutting down", later.Message, StringComparison.Ordinal);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        while (!condition())
        {
            await Task.Delay(1, bound.Token);
        }
    }
}
