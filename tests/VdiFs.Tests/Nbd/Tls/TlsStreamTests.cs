using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using VdiFs.Nbd;
using VdiFs.Nbd.Tls;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Tls;

/// <summary>A stream of TLS whose ciphertext is handed over byte by byte, so that every wait is where it is
/// wanted.</summary>
public sealed class TlsStreamTests : IAsyncLifetime
{
    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Pipe _toServer = new();
    private readonly List<byte> _held = [];
    private SslStream _server = null!;
    private WatchedStream _connection = null!;
    private Stream _client = null!;
    private bool _isHolding;

    public async ValueTask InitializeAsync()
    {
        HookedStream below = new(_toServer.Reader.AsStream(), async bytes =>
        {
            if (_isHolding)
            {
                _held.AddRange(bytes.ToArray());
                return;
            }

            await _toClient.Writer.WriteAsync(bytes);
        });
        _server = new SslStream(below);
        Assert.True(NbdUri.TryParse("nbds://localhost", out NbdUri? uri, out _));
        TlsClient client = TlsClient.For(uri, TlsBench.Trusting, TimeProvider.System)!;
        _connection = new WatchedStream(new HookedStream(
            _toClient.Reader.AsStream(), async bytes => await _toServer.Writer.WriteAsync(bytes)));
        Task<Stream> connecting = client.ConnectAsync(_connection, CancellationToken.None);
        SslServerAuthenticationOptions options = TlsBench.Server();
        options.EnabledSslProtocols = SslProtocols.Tls13;
        await _server.AuthenticateAsServerAsync(options, CancellationToken.None).BoundedAsync();
        _client = await connecting.BoundedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_read_that_is_cancelled_at_any_byte_of_a_frame_has_taken_nothing()
    {
        int cancelled = 0;
        for (int round = 0; round < 16; round++)
        {
            byte[] plain = Wire.Disk(round * 100, 100 + round);
            byte[] frame = await EncryptAsync(plain);
            for (int position = 0; position < frame.Length; position++)
            {
                byte[] untouched = new byte[200];
                using CancellationTokenSource leave = new();
                Task<int> read = ReadAsync(untouched, leave.Token);
                Assert.False(read.IsCompleted);
                await leave.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.BoundedAsync());
                cancelled++;
                await GiveAsync(frame, position, 1);
                Assert.All(untouched, value => Assert.Equal(0, value));
            }

            Assert.Equal(plain, await TakeAsync(plain.Length));
        }

        Assert.True(cancelled > 2000, $"{cancelled} reads were cancelled");
    }

    [Fact]
    public async Task Several_reads_take_one_frame_in_order()
    {
        byte[] plain = Wire.Disk(0, 16_384);
        byte[] frame = await EncryptAsync(plain);
        await GiveAsync(frame, 0, frame.Length);
        for (int start = 0; start < plain.Length; start += 1024)
        {
            Assert.Equal(plain[start..(start + 1024)], await TakeAsync(1024));
        }
    }

    [Fact]
    public async Task A_mebibyte_is_received_in_five_times_256_KiB()
    {
        byte[] plain = Wire.Disk(0, 1024 * 1024);
        byte[] frames = await EncryptAsync(plain);
        await GiveAsync(frames, 0, frames.Length);
        int waits = _connection.Waits;
        int receives = _connection.Receives;
        Assert.Equal(plain, await TakeAsync(plain.Length));
        Assert.Equal(5, _connection.Receives - receives);
        Assert.InRange(_connection.Waits - waits, 0, 5);
    }

    [Fact]
    public async Task What_waits_for_the_rest_of_a_frame_is_a_read_of_no_bytes()
    {
        byte[] frame = await EncryptAsync(Wire.Disk(0, 512));
        await GiveAsync(frame, 0, frame.Length - 1);
        Task<int> read = ReadAsync(new byte[512], CancellationToken.None);
        Assert.False(read.IsCompleted);
        Assert.Equal(0, _connection.UnderWay);
        await GiveAsync(frame, frame.Length - 1, 1);
        Assert.Equal(512, await read.BoundedAsync());
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_takes_nothing()
    {
        byte[] frame = await EncryptAsync(Wire.Disk(0, 512));
        await GiveAsync(frame, 0, frame.Length);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ReadAsync(new byte[512], new CancellationToken(true)));
        Assert.Equal(Wire.Disk(0, 512), await TakeAsync(512));
    }

    [Fact]
    public async Task Disposal_ends_a_read_that_waits()
    {
        Task<int> read = ReadAsync(new byte[512], CancellationToken.None);
        Assert.False(read.IsCompleted);
        await _toClient.Writer.CompleteAsync(new IOException("cut"));
        await _client.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => read.BoundedAsync());
    }

    [Fact]
    public async Task An_end_inside_a_frame_is_an_error_and_its_bytes_are_not_given_out()
    {
        byte[] frame = await EncryptAsync(Wire.Disk(0, 512));
        await GiveAsync(frame, 0, frame.Length - 1);
        await _toClient.Writer.CompleteAsync();
        byte[] untouched = new byte[512];
        await Assert.ThrowsAnyAsync<IOException>(
            () => ReadAsync(untouched, CancellationToken.None).BoundedAsync());
        Assert.All(untouched, value => Assert.Equal(0, value));
    }

    private Task<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken) =>
        _client.ReadAsync(buffer, cancellationToken).AsTask();

    private async Task<byte[]> TakeAsync(int length)
    {
        byte[] taken = new byte[length];
        await _client.ReadExactlyAsync(taken).AsTask().BoundedAsync();
        return taken;
    }

    private async Task GiveAsync(byte[] frame, int start, int count) =>
        await _toClient.Writer.WriteAsync(frame.AsMemory(start, count));

    private async Task<byte[]> EncryptAsync(byte[] plain)
    {
        _isHolding = true;
        await _server.WriteAsync(plain);
        _isHolding = false;
        byte[] frame = [.. _held];
        _held.Clear();
        return frame;
    }
}
