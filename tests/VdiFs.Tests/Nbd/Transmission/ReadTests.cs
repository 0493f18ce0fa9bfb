using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Transmission;

public sealed class ReadTests
{
    [Fact]
    public async Task A_simple_reply_fills_the_buffer()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterSimpleAsync();
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            Assert.Equal((0, 1024ul, 512u), (read.Command, read.Offset, read.Length));
            await peer.SendAsync(Wire.Simple(read.Cookie, 0, read.Disk));
        });
        await using NbdClient client = await server.ConnectAsync();
        Assert.Equal(Wire.Disk(1024, 512), await client.ReadAsync(1024, 512));
    }

    [Fact]
    public async Task A_simple_error_fails_the_read_and_keeps_the_connection()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterSimpleAsync();
            await peer.SendAsync(Wire.Simple((await peer.ReceiveRequestAsync()).Cookie, 5));
            ScriptedRequest second = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Simple(second.Cookie, 0, second.Disk));
        });
        await using NbdClient client = await server.ConnectAsync();
        NbdException error = await client.ReadAsync(512, 512).FailsAsync(NbdErrorKind.ServerError);
        Assert.Equal((NbdErrno.InputOutput, 512L, true), (error.Errno, error.Offset, error.IsTransient));
        Assert.Equal(Wire.Disk(0, 512), await client.ReadAsync(0, 512));
    }

    [Fact]
    public async Task Chunks_in_any_order_fill_the_buffer()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ulong cookie = (await peer.ReceiveRequestAsync()).Cookie;
            await peer.SendAsync(
                Wire.Data(cookie, 1024 + 700, Wire.Disk(1724, 324)),
                Wire.Hole(cookie, 1024 + 100, 600),
                Wire.Data(cookie, 1024, Wire.Disk(1024, 100)),
                Wire.None(cookie));
        });
        await using NbdClient client = await server.ConnectAsync();
        byte[] expected = Wire.Join(Wire.Disk(1024, 100), new byte[600], Wire.Disk(1724, 324));
        Assert.Equal(expected, await client.ReadAsync(1024, 1024));
    }

    [Fact]
    public async Task Chunks_of_two_replies_may_be_interleaved()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            ScriptedRequest second = await peer.ReceiveRequestAsync();
            await peer.SendAsync(
                Wire.Data(second.Cookie, second.Offset, second.Disk[..10]),
                Wire.Data(first.Cookie, first.Offset, first.Disk[..500]),
                Wire.Data(second.Cookie, second.Offset + 10, second.Disk[10..], Wire.Done),
                Wire.Data(first.Cookie, first.Offset + 500, first.Disk[500..], Wire.Done));
        });
        await using NbdClient client = await server.ConnectAsync();
        Task<byte[]> low = client.ReadAsync(0, 512);
        Task<byte[]> high = client.ReadAsync(4096, 1024);
        Assert.Equal(Wire.Disk(0, 512), await low);
        Assert.Equal(Wire.Disk(4096, 1024), await high);
    }

    [Fact]
    public async Task Bytes_go_through_a_list_of_buffers_in_order()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            await peer.SendAsync(
                Wire.Hole(read.Cookie, read.Offset + 90, 20),
                Wire.Data(read.Cookie, read.Offset + 110, read.Disk[110..]),
                Wire.Data(read.Cookie, read.Offset, read.Disk[..90], Wire.Done));
        });
        await using NbdClient client = await server.ConnectAsync();
        byte[][] buffers = [new byte[100], [], new byte[1], new byte[411]];
        Array.Fill(buffers[0], (byte)0xAA);
        await client.ReadAsync(
            0, [.. buffers.Select(buffer => buffer.AsMemory())], TestContext.Current.CancellationToken);
        byte[] expected = Wire.Disk(0, 512);
        expected.AsSpan(90, 20).Clear();
        Assert.Equal(expected, Wire.Join(buffers));
    }

    [Theory]
    [InlineData(0x8001)]
    [InlineData(0x8002)]
    [InlineData(0x8abc)]
    public async Task An_error_chunk_of_any_type_fails_the_read_after_its_last_chunk(int type)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            byte[] tail = type == 0x8001 ? [] : Wire.U64(read.Offset + 200);
            await peer.SendAsync(
                Wire.Chunk(read.Cookie, 0, type, Wire.U32(5), Wire.U16(9), Wire.Text("bad\nmedia"), tail),
                Wire.Data(read.Cookie, read.Offset, read.Disk[..200]),
                Wire.None(read.Cookie));
            ScriptedRequest next = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Data(next.Cookie, next.Offset, next.Disk, Wire.Done));
        });
        await using NbdClient client = await server.ConnectAsync();
        NbdException error = await client.ReadAsync(512, 512).FailsAsync(NbdErrorKind.ServerError);
        Assert.Equal(type == 0x8002 ? 712 : 512, error.Offset);
        Assert.EndsWith("bad?media", error.Message, StringComparison.Ordinal);
        Assert.Equal(Wire.Disk(0, 512), await client.ReadAsync(0, 512));
    }

    [Fact]
    public async Task Chunk_flags_that_are_not_known_are_ignored()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Data(read.Cookie, read.Offset, read.Disk, 0xfffe), Wire.None(read.Cookie));
        });
        await using NbdClient client = await server.ConnectAsync();
        Assert.Equal(Wire.Disk(0, 512), await client.ReadAsync(0, 512));
    }

    [Fact]
    public async Task A_read_is_widened_to_the_minimum_block_size_and_split_at_the_maximum()
    {
        List<(ulong, uint)> asked = [];
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync(20_000, 3, (4096, 4096, 8192));
            for (int i = 0; i < 3; i++)
            {
                ScriptedRequest read = await peer.ReceiveRequestAsync();
                asked.Add((read.Offset, read.Length));
                await peer.SendAsync(Wire.Data(read.Cookie, read.Offset, read.Disk, Wire.Done));
            }
        });
        await using NbdClient client = await server.ConnectAsync();
        Assert.Equal(Wire.Disk(5000, 15_000), await client.ReadAsync(5000, 15_000));
        Assert.Equal([(4096, 8192), (12_288, 7712)], asked);
        Assert.Equal(Wire.Disk(4097, 2), await client.ReadAsync(4097, 2));
        Assert.Equal((4096ul, 4096u), asked[2]);
    }

    [Fact]
    public async Task Reads_outside_the_export_are_refused_without_asking()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(peer => peer.EnterStructuredAsync(1000));
        await using NbdClient client = await server.ConnectAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.ReadAsync(999, 2));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.ReadAsync(-1, 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.ReadAsync(long.MaxValue, 1));
        Assert.Empty(await client.ReadAsync(1000, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Buffers_that_are_gone_fail_the_read_and_leave_nobody_waiting(bool isHole)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            await peer.ReceiveRequestAsync();
            await peer.SendAsync(isHole
                ? Wire.Hole(first.Cookie, first.Offset, 512, Wire.Done)
                : Wire.Data(first.Cookie, first.Offset, first.Disk, Wire.Done));
        });
        await using NbdClient client = await server.ConnectAsync();
        List<Memory<byte>> buffers = [new byte[512]];
        Task careless = client.ReadAsync(0, buffers, CancellationToken.None).AsTask();
        buffers.Clear();
        Task<byte[]> other = client.ReadAsync(512, 512);
        await careless.FailsAsync(NbdErrorKind.ConnectionLost);
        await other.FailsAsync(NbdErrorKind.ConnectionLost);
    }

    [Fact]
    public async Task Disposal_says_goodbye()
    {
        TaskCompletionSource<ScriptedRequest> last = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            last.SetResult(await peer.ReceiveRequestAsync());
        });
        NbdClient client = await server.ConnectAsync();
        await client.DisposeAsync();
        Assert.Equal(new ScriptedRequest(2, 0, 0, 0), await last.Task.BoundedAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.ReadAsync(0, 512));
    }
}
