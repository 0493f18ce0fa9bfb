using System.IO.Pipelines;
using VdiFs.Nbd.Tls;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Tls;

/// <summary>What is asked of the connection for what is asked by TLS, and what memory it takes.</summary>
public sealed class ReceiveAheadStreamTests : IAsyncDisposable
{
    private const int RecordBytes = 16_406;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly CountedPool _pool = new();
    private readonly WatchedStream _connection;
    private readonly ReceiveAheadStream _stream;

    public ReceiveAheadStreamTests()
    {
        _connection = new WatchedStream(_pipe.Reader.AsStream());
        _stream = new ReceiveAheadStream(_connection, _pool);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    [Fact]
    public async Task What_is_there_is_received_at_once_and_served_record_by_record()
    {
        byte[] sent = Wire.Disk(0, 15 * RecordBytes);
        await GiveAsync(sent);
        for (int start = 0; start < sent.Length; start += RecordBytes)
        {
            byte[] record = new byte[RecordBytes];
            Assert.Equal(RecordBytes, await ReadAsync(record).BoundedAsync());
            Assert.Equal(sent[start..(start + RecordBytes)], record);
        }

        Assert.Equal((1, 1), (_connection.Waits, _connection.Receives));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Bytes_come_in_order_whatever_the_sizes_of_reads_and_of_what_arrives(int seed)
    {
        Random chance = new(seed);
        byte[] sent = Wire.Disk(0, 3 * ReceiveAheadStream.BufferBytes);
        Task giving = Task.Run(() => GiveInPiecesAsync(sent, chance), TestContext.Current.CancellationToken);
        List<byte> taken = [];
        Random sizes = new(-seed);
        byte[] buffer = new byte[40_000];
        while (true)
        {
            int size = sizes.Next(0, buffer.Length);
            int count = await ReadAsync(buffer.AsMemory(0, size)).BoundedAsync();
            if (count == 0 && size > 0)
            {
                break;
            }

            taken.AddRange(buffer[..count]);
        }

        await giving.BoundedAsync();
        Assert.Equal(sent, taken);
        Assert.Equal(0, _pool.Lent);
    }

    [Fact]
    public async Task A_read_after_a_wait_does_not_wait_again()
    {
        Task<int> wait = ReadAsync(Memory<byte>.Empty);
        Assert.False(wait.IsCompleted);
        await GiveAsync(new byte[100]);
        Assert.Equal(0, await wait.BoundedAsync());
        Assert.Equal(100, await ReadAsync(new byte[200]).BoundedAsync());
        Assert.Equal((1, 1), (_connection.Waits, _connection.Receives));
    }

    [Fact]
    public async Task A_wait_ends_at_once_while_bytes_are_left()
    {
        await GiveAsync(new byte[100]);
        Assert.Equal(60, await ReadAsync(new byte[60]).BoundedAsync());
        Assert.Equal(0, await ReadAsync(Memory<byte>.Empty).BoundedAsync());
        Assert.Equal(40, await ReadAsync(new byte[60]).BoundedAsync());
        Assert.Equal((1, 1), (_connection.Waits, _connection.Receives));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public async Task No_buffer_is_held_while_waiting(int size)
    {
        for (int round = 0; round < 2; round++)
        {
            Task<int> read = ReadAsync(new byte[size]);
            Assert.False(read.IsCompleted);
            Assert.Equal(0, _connection.UnderWay);
            Assert.Equal(0, _pool.Lent);
            await GiveAsync(new byte[100]);
            await read.BoundedAsync();
            Assert.Equal(100 - size, await ReadAsync(new byte[100 - size]).BoundedAsync());
        }

        Assert.Equal(2, _pool.Rentals);
    }

    [Fact]
    public async Task A_buffer_is_held_until_the_last_byte_is_taken()
    {
        await GiveAsync(new byte[100]);
        Assert.Equal(99, await ReadAsync(new byte[99]).BoundedAsync());
        Assert.Equal(1, _pool.Lent);
        Assert.Equal(1, await ReadAsync(new byte[99]).BoundedAsync());
        Assert.Equal(0, _pool.Lent);
    }

    [Fact]
    public async Task The_end_of_the_connection_is_no_bytes_and_holds_no_buffer()
    {
        await _pipe.Writer.CompleteAsync();
        Assert.Equal(0, await ReadAsync(new byte[100]).BoundedAsync());
        Assert.Equal(0, _pool.Lent);
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_has_taken_nothing()
    {
        using CancellationTokenSource leave = new();
        Task<int> read = _stream.ReadAsync(new byte[100], leave.Token).AsTask();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.BoundedAsync());
        await GiveAsync(Wire.Disk(0, 100));
        byte[] taken = new byte[100];
        Assert.Equal(100, await ReadAsync(taken).BoundedAsync());
        Assert.Equal(Wire.Disk(0, 100), taken);
    }

    [Fact]
    public async Task A_receive_that_fails_keeps_its_buffer_out_of_the_pool()
    {
        HookedStream failing = new(
            _pipe.Reader.AsStream(),
            static _ => Task.CompletedTask,
            received =>
            {
                if (!received.IsEmpty)
                {
                    throw new IOException("cut");
                }
            });
        await using ReceiveAheadStream stream = new(failing, _pool);
        await GiveAsync(new byte[100]);
        await Assert.ThrowsAsync<IOException>(
            () => stream.ReadAsync(new byte[100], CancellationToken.None).AsTask().BoundedAsync());
        Assert.Equal(1, _pool.Lent);
    }

    [Fact]
    public async Task Disposal_closes_the_connection_and_keeps_bytes_that_are_left_out_of_the_pool()
    {
        await GiveAsync(new byte[100]);
        Assert.Equal(60, await ReadAsync(new byte[60]).BoundedAsync());
        await _stream.DisposeAsync();
        Assert.True(_connection.IsDisposed);
        Assert.Equal(1, _pool.Lent);
    }

    private async Task GiveInPiecesAsync(byte[] bytes, Random chance)
    {
        for (int start = 0, count; start < bytes.Length; start += count)
        {
            count = Math.Min(chance.Next(1, 70_000), bytes.Length - start);
            await GiveAsync(bytes.AsMemory(start, count));
        }

        await _pipe.Writer.CompleteAsync();
    }

    private async Task GiveAsync(ReadOnlyMemory<byte> bytes) => await _pipe.Writer.WriteAsync(bytes);

    private Task<int> ReadAsync(Memory<byte> buffer) => _stream.ReadAsync(buffer, CancellationToken.None).AsTask();
}
