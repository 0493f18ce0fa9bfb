using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Transmission;

/// <summary>What a client says and does after a lie; the lies themselves are in a table of their own.</summary>
public sealed class AfterALieTests
{
    [Fact]
    public async Task A_structured_reply_that_was_not_negotiated_ends_the_connection()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterSimpleAsync();
            await peer.SendAsync(Wire.None((await peer.ReceiveRequestAsync()).Cookie));
        });
        await using NbdClient client = await server.ConnectAsync();
        NbdException failure = await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ConnectionLost);
        Assert.Contains("0x668e33ef", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reply_when_nothing_was_asked_ends_the_connection()
    {
        TaskCompletionSource connected = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            await connected.Task;
            await peer.SendAsync(Wire.None(0));
            await peer.DrainAsync();
        });
        await using NbdClient client = await server.ConnectAsync();
        connected.SetResult();
        NbdException failure = await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ConnectionLost);
        Assert.Contains("cookie", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Others_in_flight_lose_their_connection_and_hear_why()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.None(first.Cookie));
        });
        await using NbdClient client = await server.ConnectAsync();
        Task<byte[]> liedTo = client.ReadAsync(0, 512);
        Task<byte[]> innocent = client.ReadAsync(512, 512);
        await liedTo.FailsAsync(NbdErrorKind.Protocol);
        NbdException lost = await innocent.FailsAsync(NbdErrorKind.ConnectionLost);
        Assert.True(lost.IsTransient);
        Assert.Equal(NbdErrorKind.Protocol, Assert.IsType<NbdException>(lost.InnerException).Kind);
    }

    [Fact]
    public async Task A_server_that_answers_what_it_has_not_read_is_left()
    {
        using SemaphoreSlim asked = new(0);
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();

            // Nothing is read any more: the cookies are guessed, and the requests pile up in the client.
            for (ulong number = 1; ; number++)
            {
                await asked.WaitAsync(ScriptedNbdServer.Bound);
                await peer.SendAsync(Wire.Data(number << 16, 4096, Wire.Disk(4096, 512), Wire.Done));
            }
        });
        await using NbdClient client = await server.ConnectAsync(
            options: new() { Connections = 1, RequestsInFlight = 1 });
        NbdException failure = await ReadForEverAsync().FailsAsync(NbdErrorKind.ConnectionLost);
        Assert.Contains("answers requests that it has not taken", failure.Message);
        await client.ReadAsync(4096, 512).FailsAsync(NbdErrorKind.ConnectionLost);
        Assert.Equal(0, client.ConnectionCount);

        async Task ReadForEverAsync()
        {
            while (true)
            {
                Task<byte[]> read = client.ReadAsync(4096, 512);
                asked.Release();
                await read;
            }
        }
    }
}
