using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using Xunit;

namespace VdiFs.Tests.Nbd.Scripted;

/// <summary>The server's end of one connection, for a script: literal bytes out, and what the client sent.</summary>
internal sealed class ServerPeer(Socket socket, CancellationToken stopping) : IDisposable
{
    private Stream _stream = new NetworkStream(socket);

    /// <summary>Bytes sent so far.</summary>
    public long Sent { get; private set; }

    /// <summary>When set, bytes go out one by one, each after this.</summary>
    public Action? Dripping { get; set; }

    public async Task SendAsync(params byte[][] parts)
    {
        byte[] bytes = Wire.Join(parts);
        await SendAsync(bytes.AsMemory());
    }

    /// <summary>Sends bytes that are there already; memory is measured around this.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            Dripping?.Invoke();
            int length = Dripping is null ? bytes.Length : 1;
            await _stream.WriteAsync(bytes.Slice(sent, length), stopping);
            sent += length;
        }

        Sent += bytes.Length;
    }

    /// <summary>Sends the same bytes again and again, until the client leaves.</summary>
    public async Task SendForEverAsync(ReadOnlyMemory<byte> bytes)
    {
        while (true)
        {
            await SendAsync(bytes);
        }
    }

    public async Task<byte[]> ReceiveAsync(int length)
    {
        byte[] bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes, stopping);
        return bytes;
    }

    /// <summary>Receives exactly these bytes, or fails the test.</summary>
    public async Task ExpectAsync(params byte[][] parts)
    {
        byte[] expected = Wire.Join(parts);
        Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(await ReceiveAsync(expected.Length)));
    }

    /// <summary>Receives an option: its number and its data.</summary>
    public async Task<(uint Option, byte[] Data)> ReceiveOptionAsync()
    {
        byte[] head = await ReceiveAsync(16);
        Assert.Equal("49484156454f5054", Convert.ToHexStringLower(head[..8]));
        return (BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(8)),
            await ReceiveAsync(BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(12))));
    }

    /// <summary>Receives an option of this number, or fails the test.</summary>
    public async Task<byte[]> ExpectOptionAsync(uint option)
    {
        (uint received, byte[] data) = await ReceiveOptionAsync();
        Assert.Equal(option, received);
        return data;
    }

    public async Task<ScriptedRequest> ReceiveRequestAsync()
    {
        byte[] head = await ReceiveAsync(28);
        Assert.Equal("256095130000", Convert.ToHexStringLower(head[..6]));
        return new ScriptedRequest(
            BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(6)),
            BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(8)),
            BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(16)),
            BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(24)));
    }

    /// <summary>A good handshake of the newest kind: structured replies, base:allocation with id 7, GO.</summary>
    public async Task EnterStructuredAsync(
        ulong length = 1 << 20, int transmissionFlags = 3, (uint Minimum, uint Preferred, uint Maximum)? sizes = null)
    {
        await GreetAsync(3);
        await NegotiateStructuredAsync(length, transmissionFlags, sizes);
    }

    /// <summary>The same after the greeting: what follows it directly, or follows TLS.</summary>
    public async Task NegotiateStructuredAsync(
        ulong length = 1 << 20, int transmissionFlags = 3, (uint Minimum, uint Preferred, uint Maximum)? sizes = null)
    {
        await ExpectOptionAsync(8);
        await SendAsync(Wire.OptionReply(8, 1));
        await ExpectOptionAsync(10);
        await SendAsync(Wire.OptionReply(10, 4, Wire.U32(7), Wire.Text("base:allocation")), Wire.OptionReply(10, 1));
        await AnswerGoAsync(length, transmissionFlags, sizes);
    }

    /// <summary>A good handshake without structured replies.</summary>
    public async Task EnterSimpleAsync(
        ulong length = 1 << 20, int transmissionFlags = 3, (uint Minimum, uint Preferred, uint Maximum)? sizes = null)
    {
        await GreetAsync(3);
        await ExpectOptionAsync(8);
        await SendAsync(Wire.OptionReply(8, 0x80000001));
        await AnswerGoAsync(length, transmissionFlags, sizes);
    }

    /// <summary>Sends a greeting and expects the client flags to be the same bits.</summary>
    public async Task GreetAsync(int handshakeFlags)
    {
        await SendAsync(Wire.Greeting(handshakeFlags));
        await ExpectAsync(Wire.U32((uint)handshakeFlags));
    }

    /// <summary>Greets, answers STARTTLS, which must be the first option, and shakes hands.</summary>
    /// <param name="options">The server's certificate and what it insists on.</param>
    /// <param name="below">Made of the plain stream, to lie under TLS; the plain stream itself if not given.</param>
    public async Task<SslStream> StartTlsAsync(
        SslServerAuthenticationOptions options, Func<Stream, Stream>? below = null)
    {
        await GreetAsync(3);
        await ExpectAsync(Wire.Hex("49484156454f5054 00000005 00000000"));
        await SendAsync(Wire.OptionReply(5, 1));
        SslStream tls = new(below?.Invoke(_stream) ?? _stream);
        await tls.AuthenticateAsServerAsync(options, stopping);
        _stream = tls;
        return tls;
    }

    /// <summary>Ends the connection in order, or by reset.</summary>
    public void Cut(bool byReset)
    {
        if (byReset)
        {
            socket.LingerState = new LingerOption(true, 0);
        }

        socket.Close();
    }

    /// <summary>Neither reads nor writes any more, until the test is over.</summary>
    public Task SilenceAsync() => Task.Delay(Timeout.InfiniteTimeSpan, stopping);

    /// <summary>Waits until the client leaves, and throws away what it still says.</summary>
    public async Task DrainAsync()
    {
        byte[] rest = new byte[4096];
        while (await _stream.ReadAsync(rest, stopping) > 0)
        {
        }
    }

    public void Dispose() => _stream.Dispose();

    private async Task AnswerGoAsync(
        ulong length, int transmissionFlags, (uint Minimum, uint Preferred, uint Maximum)? sizes)
    {
        await ExpectOptionAsync(7);
        byte[] blockSize = sizes is { } s ? Wire.InfoBlockSize(7, s.Minimum, s.Preferred, s.Maximum) : [];
        await SendAsync(Wire.InfoExport(7, length, transmissionFlags), blockSize, Wire.OptionReply(7, 1));
    }
}
