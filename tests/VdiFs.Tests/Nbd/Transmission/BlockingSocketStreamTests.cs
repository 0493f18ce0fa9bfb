using System.Net;
using System.Net.Sockets;
using VdiFs.Disks.Slots;
using VdiFs.Nbd;
using VdiFs.Nbd.Pool;
using VdiFs.Tests.Disks.Slots;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Transmission;

public sealed class BlockingSocketStreamTests : IDisposable
{
    private const int NonBlocking = 0x800;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public BlockingSocketStreamTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Receives_on_its_thread_complete_at_once_and_the_socket_stays_blocking()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await using BlockingSocketStream stream = new(socket);
        await stream.ConnectAsync(_listener.LocalEndPoint!, Token);
        using Socket server = await _listener.AcceptAsync(Token);
        await stream.WriteAsync(new byte[] { 1, 2, 3 }, Token);
        byte[] received = new byte[8];
        Assert.Equal(3, await server.ReceiveAsync(received, Token));
        Task<(int Waited, int Received, bool AtOnce)> receiving = stream.Thread.RunAsync(() =>
        {
            ValueTask<int> wait = stream.ReadAsync(Memory<byte>.Empty, CancellationToken.None);
            ValueTask<int> read = stream.ReadAsync(received, CancellationToken.None);
            bool atOnce = wait.IsCompletedSuccessfully && read.IsCompletedSuccessfully;
            return (wait.AsTask().GetAwaiter().GetResult(), read.AsTask().GetAwaiter().GetResult(), atOnce);
        });
        await server.SendAsync(new byte[] { 4, 5 }, Token);
        Assert.Equal((0, 2, true), await receiving.WaitAsync(ScriptedNbdServer.Bound, Token));
        Assert.Equal(0, FlagsOf(socket) & NonBlocking);
    }

    [Fact]
    public async Task Nothing_is_allocated_for_a_receive_on_its_thread_nor_for_a_send()
    {
        (BlockingSocketStream stream, Socket server) = await PairAsync();
        await using BlockingSocketStream owned = stream;
        using Socket peer = server;
        byte[] bytes = new byte[28];
        long allocated = await stream.Thread.RunAsync(() =>
        {
            RoundTrip();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < 100; round++)
            {
                RoundTrip();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }).WaitAsync(ScriptedNbdServer.Bound, Token);
        Assert.Equal(0, allocated);

        void RoundTrip()
        {
            IsDone(stream.WriteAsync(bytes, CancellationToken.None));
            peer.Receive(bytes);
            peer.Send(bytes);
            IsDone(stream.ReadAsync(Memory<byte>.Empty, CancellationToken.None));
            IsDone(stream.ReadAsync(bytes, CancellationToken.None));
        }
    }

    [Fact]
    public async Task A_cancelled_read_ends_at_once_and_closes_the_connection()
    {
        (BlockingSocketStream stream, Socket server) = await PairAsync();
        using Socket peer = server;
        using CancellationTokenSource leave = new();
        Task<int> read = stream.ReadAsync(new byte[1], leave.Token).AsTask();
        await leave.CancelAsync();
        OperationCanceledException left = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => read.WaitAsync(ScriptedNbdServer.Bound, Token));
        Assert.Equal(leave.Token, left.CancellationToken);
        Assert.Equal(0, await peer.ReceiveAsync(new byte[1], Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(new byte[1], Token).AsTask());
    }

    [Fact]
    public async Task Disposal_ends_a_receive_that_blocks_and_then_the_thread()
    {
        (BlockingSocketStream stream, Socket server) = await PairAsync();
        using Socket peer = server;
        TaskCompletionSource<Thread> begun = new();
        Task<int> receiving = stream.Thread.RunAsync(() =>
        {
            begun.SetResult(Thread.CurrentThread);
            return stream.ReadAsync(new byte[1], CancellationToken.None).AsTask().GetAwaiter().GetResult();
        });
        Thread thread = await begun.Task.WaitAsync(ScriptedNbdServer.Bound, Token);
        await stream.DisposeAsync();
        Exception? ended = await Record.ExceptionAsync(() => receiving.WaitAsync(ScriptedNbdServer.Bound, Token));
        Assert.True(ended is null or IOException or ObjectDisposedException, ended?.ToString());
        Assert.True(thread.Join(ScriptedNbdServer.Bound));
    }

    [Fact]
    public async Task A_server_that_takes_nothing_blocks_no_sender_and_disposal_ends_the_send()
    {
        TaskCompletionSource over = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(_ => over.Task);
        await using Stream stream = await Transport.ConnectAsync(server.Uri(), Token);
        Task[] blocked = await Task.Run(SendTooMuch, Token).WaitAsync(ScriptedNbdServer.Bound, Token);
        Assert.False(blocked[0].IsCompleted);
        await stream.DisposeAsync();
        Exception? ended = await Record.ExceptionAsync(() => blocked[0].WaitAsync(ScriptedNbdServer.Bound, Token));
        over.SetResult();
        Assert.True(ended is IOException or ObjectDisposedException, ended?.ToString());

        // The first write that is not over at once found a full buffer; a large one then has to wait.
        Task[] SendTooMuch()
        {
            while (stream.WriteAsync(new byte[28], Token).AsTask().IsCompleted)
            {
            }

            return [stream.WriteAsync(new byte[16 * 1024 * 1024], Token).AsTask()];
        }
    }

    [Fact]
    public async Task A_connect_that_nobody_answers_ends_by_its_token()
    {
        using Socket full = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using Socket first = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(full.LocalEndPoint!, Token);
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await using BlockingSocketStream stream = new(socket);
        using CancellationTokenSource leave = new();
        Task connecting = stream.ConnectAsync(full.LocalEndPoint!, leave.Token);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => connecting.WaitAsync(ScriptedNbdServer.Bound, Token));
    }

    [Fact]
    public async Task A_unix_listener_whose_line_is_full_refuses()
    {
        string path = Path.Combine(Path.GetTempPath(), "nbd-" + Guid.NewGuid().ToString("n") + ".sock");
        using Socket full = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        full.Bind(new UnixDomainSocketEndPoint(path));
        full.Listen(0);
        try
        {
            using Socket first = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            first.Connect(new UnixDomainSocketEndPoint(path));
            Assert.True(NbdUri.TryParse($"nbd+unix:///?socket={path}", out NbdUri? uri, out _));
            NbdException refused = await Assert.ThrowsAsync<NbdException>(
                () => Transport.ConnectAsync(uri, Token).WaitAsync(ScriptedNbdServer.Bound, Token));
            Assert.Equal(NbdErrorKind.ConnectFailed, refused.Kind);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_stream_around_it_passes_its_thread_on()
    {
        (BlockingSocketStream stream, Socket server) = await PairAsync();
        using Socket peer = server;
        HostSlots slots = new(new HostSlotOptions());
        await using SlotStream around = new(stream, slots.Open("host", new SlotUser()).TryTake()!);
        Assert.Same(stream.Thread, around.Thread);
    }

    [Fact]
    public async Task A_plain_read_goes_on_where_it_was_received()
    {
        TaskCompletionSource waiting = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest request = await peer.ReceiveRequestAsync();
            await waiting.Task;
            await peer.SendAsync(Wire.Data(request.Cookie, request.Offset, request.Disk, Wire.Done));
        });
        await using NbdClient client = await server.ConnectAsync();
        Task<string?> reading = ReadAsync();
        waiting.SetResult();
        Assert.Equal("nbd-receive", await reading.WaitAsync(ScriptedNbdServer.Bound, Token));

        async Task<string?> ReadAsync()
        {
            await client.ReadAsync(0, [new byte[65_536]], Token).ConfigureAwait(false);
            return Thread.CurrentThread.Name;
        }
    }

    private static void IsDone(ValueTask task) => Assert.True(task.IsCompletedSuccessfully);

    private static void IsDone(ValueTask<int> task) => Assert.True(task.IsCompletedSuccessfully);

    private static int FlagsOf(Socket socket)
    {
        string line = File.ReadLines($"/proc/self/fdinfo/{socket.Handle}").First(text => text.StartsWith("flags:"));
        return Convert.ToInt32(line["flags:".Length..].Trim(), 8);
    }

    private async Task<(BlockingSocketStream Stream, Socket Server)> PairAsync()
    {
        BlockingSocketStream stream = new(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await stream.ConnectAsync(_listener.LocalEndPoint!, Token);
        return (stream, await _listener.AcceptAsync(Token));
    }
}
