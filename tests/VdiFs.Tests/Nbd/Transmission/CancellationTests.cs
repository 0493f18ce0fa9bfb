using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Transmission;

public sealed class CancellationTests
{
    [Fact]
    public async Task A_read_whose_reply_has_not_begun_ends_at_once_and_its_reply_is_thrown_away()
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource cancelled = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            asked.SetResult();
            await cancelled.Task;
            await peer.SendAsync(Wire.Data(first.Cookie, first.Offset, first.Disk, Wire.Done));
            ScriptedRequest second = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Data(second.Cookie, second.Offset, second.Disk, Wire.Done));
        });
        await using NbdClient client = await server.ConnectAsync();
        byte[] untouched = new byte[65_536];
        using CancellationTokenSource leave = new();
        Task read = client.ReadAsync(0, [untouched], leave.Token).AsTask();
        await asked.Task.WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken);
        await leave.CancelAsync();
        await LeavesAsync(read, leave.Token);
        cancelled.SetResult();
        Assert.Equal(Wire.Disk(4096, 512), await client.ReadAsync(4096, 512));
        Assert.Equal(new byte[65_536], untouched);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task A_read_whose_reply_has_stalled_half_way_ends_and_its_buffer_is_not_touched_again(
        bool isStructured, bool isThreaded)
    {
        TaskCompletionSource cancelled = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await (isStructured ? peer.EnterStructuredAsync() : peer.EnterSimpleAsync());
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            byte[] reply = isStructured
                ? Wire.Data(first.Cookie, first.Offset, first.Disk, Wire.Done)
                : Wire.Simple(first.Cookie, 0, first.Disk);
            await peer.SendAsync(reply[..30_000]);
            await cancelled.Task;
            await peer.SendAsync(reply[30_000..]);
            ScriptedRequest second = await peer.ReceiveRequestAsync();
            await peer.SendAsync(isStructured
                ? Wire.Data(second.Cookie, second.Offset, second.Disk, Wire.Done)
                : Wire.Simple(second.Cookie, 0, second.Disk));
        });
        NbdClientOptions options = new() { Connections = 1 };
        await using NbdClient client = await server.ConnectAsync(
            options: isThreaded ? options : options with { Transport = AsynchronousSocket.ConnectAsync });
        byte[] buffer = new byte[65_536];
        using CancellationTokenSource leave = new();
        Task read = client.ReadAsync(0, [buffer], leave.Token).AsTask();
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        while (Volatile.Read(ref buffer[29_900]) == 0)
        {
            await Task.Delay(1, bound.Token);
        }

        await leave.CancelAsync();
        await LeavesAsync(read, leave.Token);
        Array.Clear(buffer);
        cancelled.SetResult();
        Assert.Equal(Wire.Disk(4096, 512), await client.ReadAsync(4096, 512));
        Assert.Equal(new byte[65_536], buffer);
    }

    [Fact]
    public async Task A_read_that_waits_in_line_leaves_it()
    {
        TaskCompletionSource cancelled = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            await cancelled.Task;
            await peer.SendAsync(Wire.Data(first.Cookie, first.Offset, first.Disk, Wire.Done));
            ScriptedRequest third = await peer.ReceiveRequestAsync();
            Assert.Equal(8192ul, third.Offset);
            await peer.SendAsync(Wire.Data(third.Cookie, third.Offset, third.Disk, Wire.Done));
        });
        await using NbdClient client = await server.ConnectAsync(
            options: new() { Connections = 1, RequestsInFlight = 1 });
        Task<byte[]> first = client.ReadAsync(0, 512);
        using CancellationTokenSource leave = new();
        Task second = client.ReadAsync(4096, [new byte[512]], leave.Token).AsTask();
        Task<byte[]> third = client.ReadAsync(8192, 512);
        await leave.CancelAsync();
        await LeavesAsync(second, leave.Token);
        cancelled.SetResult();
        Assert.Equal(Wire.Disk(0, 512), await first);
        Assert.Equal(Wire.Disk(8192, 512), await third);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_sends_nothing()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest request = await peer.ReceiveRequestAsync();
            Assert.Equal(512ul, request.Offset);
            await peer.SendAsync(Wire.Data(request.Cookie, request.Offset, request.Disk, Wire.Done));
        });
        await using NbdClient client = await server.ConnectAsync();
        CancellationToken cancelled = new(canceled: true);
        await LeavesAsync(client.ReadAsync(0, [new byte[512]], cancelled).AsTask(), cancelled);
        Assert.Equal(Wire.Disk(512, 512), await client.ReadAsync(512, 512));
    }

    [Fact]
    public async Task Disposal_ends_reads_of_a_silent_server()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer => await peer.EnterStructuredAsync());
        NbdClient client = await server.ConnectAsync(options: new() { Connections = 1, RequestsInFlight = 1 });
        Task<byte[]> sent = client.ReadAsync(0, 512);
        Task<byte[]> inLine = client.ReadAsync(512, 512);
        await client.DisposeAsync();
        await sent.FailsAsync(NbdErrorKind.ConnectionLost);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => inLine);
    }

    private static async Task LeavesAsync(Task read, CancellationToken token)
    {
        OperationCanceledException left = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => read.WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken));
        Assert.Equal(token, left.CancellationToken);
    }
}
