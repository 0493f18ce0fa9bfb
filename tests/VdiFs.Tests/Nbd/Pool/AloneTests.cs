using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Pool;

/// <summary>Requests that are alone on their connection, and connections that are given up.</summary>
public sealed class AloneTests
{
    private const int MultiConn = 0x103;
    private const int Disconnect = 2;

    [Fact]
    public async Task A_read_that_wants_to_be_alone_waits_for_the_others_and_they_for_it()
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource go = new();
        List<ulong> order = [];
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            asked.SetResult();
            await go.Task;

            // Nothing else may have been sent until this is answered.
            await AnswerAsync(peer, first, order);
            ScriptedRequest alone = await peer.ReceiveRequestAsync();
            await AnswerAsync(peer, alone, order);
            await AnswerAsync(peer, await peer.ReceiveRequestAsync(), order);
        });
        await using NbdClient client = await server.ConnectAsync();
        Task<byte[]> before = client.ReadAsync(0, 512);
        await asked.Task.BoundedAsync();
        byte[] bytes = new byte[512];
        Task alone = client.ReadAloneAsync(512, [bytes], CancellationToken.None).AsTask();
        Task<byte[]> after = client.ReadAsync(1024, 512);
        go.SetResult();
        await Task.WhenAll(before, alone, after).BoundedAsync();
        Assert.Equal([0, 512, 1024], order);
        Assert.Equal(Wire.Disk(512, 512), bytes);
    }

    [Fact]
    public async Task When_one_that_waits_to_be_alone_leaves_those_behind_it_go_on()
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource go = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            asked.SetResult();
            await AnswerAsync(peer, await peer.ReceiveRequestAsync(), []);
            await go.Task;
            await AnswerAsync(peer, first, []);
        });
        await using NbdClient client = await server.ConnectAsync();
        Task<byte[]> before = client.ReadAsync(0, 512);
        await asked.Task.BoundedAsync();
        using CancellationTokenSource leaving = new();
        Task alone = client.ReadAloneAsync(512, [new byte[512]], leaving.Token).AsTask();
        Task<byte[]> behind = client.ReadAsync(1024, 512);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => alone.BoundedAsync());
        Assert.Equal(Wire.Disk(1024, 512), await behind.BoundedAsync());
        go.SetResult();
        await before.BoundedAsync();
    }

    [Fact]
    public async Task A_server_that_hangs_up_is_told_from_a_client_that_does()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await peer.EnterStructuredAsync();
                await peer.ReceiveRequestAsync();
                peer.Cut(byReset: true);
            },
            peer => peer.EnterStructuredAsync());
        await using (NbdClient client = await server.ConnectAsync())
        {
            Assert.True((await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ConnectionLost)).IsHangUp);
        }

        await using NbdClient silent = await server.ConnectAsync();
        Task<byte[]> read = silent.ReadAsync(0, 512);
        silent.DropSilentConnections(TimeSpan.Zero);
        Assert.False((await read.FailsAsync(NbdErrorKind.ConnectionLost)).IsHangUp);
    }

    [Fact]
    public async Task Content_that_cannot_change_is_read_over_several_connections_without_the_servers_word()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(XapiNbd.Serving(1 << 20));
        await using NbdClient client = await server.ConnectAsync(
            options: new() { Connections = 3, AssumeMultiConnect = true });
        await UntilAsync(() => client.ConnectionCount == 3);
        Assert.False(client.Export.CanMultiConnect);
        byte[][] read = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => client.ReadAsync(i * 512, 512)));
        Assert.Equal(Wire.Disk(0, 12 * 512), Wire.Join(read));
    }

    [Fact]
    public async Task A_connection_is_given_up_in_order_when_it_owes_nothing_and_the_last_one_never()
    {
        TaskCompletionSource<int> goodbye = new();
        TaskCompletionSource go = new();
        int number = 0;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            int mine = Interlocked.Increment(ref number);
            await peer.EnterStructuredAsync(transmissionFlags: MultiConn);
            if (mine > 2)
            {
                return;
            }

            ScriptedRequest request = await peer.ReceiveRequestAsync();
            await go.Task;
            await AnswerAsync(peer, request, []);
            request = await peer.ReceiveRequestAsync();
            goodbye.TrySetResult(request.Command);
        });
        await using NbdClient client = await server.ConnectAsync(options: new() { Connections = 2 });
        await UntilAsync(() => client.ConnectionCount == 2);
        Task<byte[]>[] reads = [client.ReadAsync(0, 512), client.ReadAsync(512, 512)];
        Assert.True(client.TryGiveUpConnection());
        Assert.False(client.TryGiveUpConnection());
        Assert.False(goodbye.Task.IsCompleted);
        go.SetResult();
        Assert.Equal(Wire.Disk(0, 1024), Wire.Join(await Task.WhenAll(reads).BoundedAsync()));
        Assert.Equal(Disconnect, await goodbye.Task.BoundedAsync());
        Assert.True(client.IsAlive);
    }

    private static async Task AnswerAsync(ServerPeer peer, ScriptedRequest request, List<ulong> order)
    {
        order.Add(request.Offset);
        await peer.SendAsync(Wire.Data(request.Cookie, request.Offset, request.Disk, Wire.Done));
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
