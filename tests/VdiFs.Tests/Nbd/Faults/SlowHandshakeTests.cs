using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Faults;

/// <summary>Servers that take their time over the handshake, in time that does not really pass.</summary>
public sealed class SlowHandshakeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Drip = TimeSpan.FromMilliseconds(100);

    private readonly ManualClock _clock = new();

    private NbdClientOptions Options => new() { Connections = 1, HandshakeTimeout = Limit, TimeProvider = _clock };

    [Fact]
    public async Task A_greeting_after_250_seconds_is_in_time()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await _clock.WaitedForAsync(Limit);
            _clock.Advance(TimeSpan.FromSeconds(250));
            await peer.EnterStructuredAsync();
        });
        await using NbdClient client = await server.ConnectAsync(options: Options);
        Assert.Equal(1 << 20, client.Export.Length);
    }

    [Fact]
    public async Task A_greeting_after_the_limit_is_too_late()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await _clock.WaitedForAsync(Limit);
            _clock.Advance(Limit);
            await peer.DrainAsync();
        });
        NbdException failure = await server.ConnectAsync(options: Options).FailsAsync(NbdErrorKind.Timeout);
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task A_handshake_of_one_byte_in_100_ms_is_in_time()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await _clock.WaitedForAsync(Limit);
            peer.Dripping = () => _clock.Advance(Drip);
            await peer.EnterStructuredAsync();
        });
        await using NbdClient client = await server.ConnectAsync(options: Options);
        Assert.True(_clock.Elapsed > TimeSpan.FromSeconds(10), $"only {_clock.Elapsed} passed");
    }

    [Fact]
    public async Task A_handshake_that_never_ends_is_given_up_at_the_limit()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await _clock.WaitedForAsync(Limit);
            peer.Dripping = () => _clock.Advance(Drip);
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(8);
            await peer.SendForEverAsync(Wire.OptionReply(8, 0x80000001, new byte[60_000]));
        });
        await server.ConnectAsync(options: Options).FailsAsync(NbdErrorKind.Timeout);
    }

    [Fact]
    public async Task A_second_connection_that_never_greets_holds_nobody_up()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await peer.EnterStructuredAsync(transmissionFlags: 0x103);
                ScriptedRequest read = await peer.ReceiveRequestAsync();
                await peer.SendAsync(Wire.Data(read.Cookie, read.Offset, read.Disk, Wire.Done));
            },
            peer => peer.DrainAsync());
        await using NbdClient client = await server.ConnectAsync(options: Options with { Connections = 2 });
        await _clock.WaitedForAsync(Limit);
        Assert.Equal(Wire.Disk(512, 512), await client.ReadAsync(512, 512));
    }
}
