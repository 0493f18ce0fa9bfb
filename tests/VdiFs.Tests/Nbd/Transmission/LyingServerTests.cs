using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Transmission;

/// <summary>What no honest server does: the read fails, the connection is given up, and nothing hangs.</summary>
public sealed class LyingServerTests
{
    /// <summary>Name of a lie, and the reply to a READ of 512 bytes at 4096 that tells it.</summary>
    private static readonly Dictionary<string, Func<ulong, byte[]>> Lies = new()
    {
        ["unknown cookie"] = cookie => Wire.None(cookie + (1 << 16)),
        ["cookie of another slot"] = cookie => Wire.None(cookie + 1),
        ["cookie from the future"] = cookie => Wire.None(cookie + (1ul << 40)),
        ["bad magic"] = _ => Wire.Hex("00000000"),
        ["magic with one bit flipped"] = cookie => Wire.Join(Wire.Hex("668e33ee"), Wire.None(cookie)[4..]),
        ["simple reply although structured was negotiated"] = cookie => Wire.Simple(cookie, 0, Wire.Disk(4096, 512)),
        ["simple error although structured was negotiated"] = cookie => Wire.Simple(cookie, 5),
        ["nothing but the end"] = Wire.None,
        ["gap at the start"] = cookie => Wire.Data(cookie, 4097, Wire.Disk(4097, 511), Wire.Done),
        ["gap at the end"] = cookie => Wire.Data(cookie, 4096, Wire.Disk(4096, 511), Wire.Done),
        ["gap in the middle"] = cookie => Wire.Join(
            Wire.Data(cookie, 4096, new byte[255]), Wire.Data(cookie, 4352, new byte[256], Wire.Done)),
        ["data twice"] = cookie => Wire.Join(
            Wire.Data(cookie, 4096, new byte[512]), Wire.Data(cookie, 4096, new byte[512], Wire.Done)),
        ["overlap by one byte"] = cookie => Wire.Join(
            Wire.Data(cookie, 4096, new byte[257]), Wire.Data(cookie, 4352, new byte[256], Wire.Done)),
        ["hole over data"] = cookie => Wire.Join(
            Wire.Data(cookie, 4096, new byte[512]), Wire.Hole(cookie, 4200, 1, Wire.Done)),
        ["data before the request"] = cookie => Wire.Data(cookie, 4095, new byte[512], Wire.Done),
        ["data behind the request"] = cookie => Wire.Data(cookie, 4097, new byte[512], Wire.Done),
        ["data longer than the request"] = cookie => Wire.Data(cookie, 4096, new byte[513], Wire.Done),
        ["data at the end of the numbers"] = cookie => Wire.Data(cookie, ulong.MaxValue - 10, new byte[100], Wire.Done),
        ["data without a byte"] = cookie => Wire.Chunk(cookie, 0, 1, Wire.U64(4096)),
        ["data without an offset"] = cookie => Wire.Chunk(cookie, 0, 1, Wire.U32(0)),
        ["data of 4 GiB"] = cookie => Wire.ChunkHead(cookie, 0, 1, uint.MaxValue),
        ["hole behind the request"] = cookie => Wire.Hole(cookie, 4608, 1),
        ["hole of 4 GiB"] = cookie => Wire.Hole(cookie, 4096, uint.MaxValue),
        ["hole of 0 bytes"] = cookie => Wire.Hole(cookie, 4096, 0),
        ["hole chunk of another size"] = cookie => Wire.Chunk(cookie, 0, 2, Wire.U64(4096)),
        ["end with a payload"] = cookie => Wire.Chunk(cookie, Wire.Done, 0, Wire.U32(0)),
        ["end that is not the end"] = cookie => Wire.Chunk(cookie, 0, 0),
        ["status as an answer to a read"] = cookie => Wire.Status(cookie, 7, (512, 0)),
        ["unknown chunk type"] = cookie => Wire.Chunk(cookie, Wire.Done, 99),
        ["unknown chunk type of 4 GiB"] = cookie => Wire.ChunkHead(cookie, 0, 99, uint.MaxValue),
        ["error of 4 GiB"] = cookie => Wire.ChunkHead(cookie, 0, 0x8001, uint.MaxValue),
        ["error of 5 bytes"] = cookie => Wire.Chunk(cookie, 0, 0x8001, new byte[5]),
        ["error 0"] = cookie => Wire.Error(cookie, 0, "fine"),
        ["error with a message longer than its chunk"] = cookie => Wire.Chunk(cookie, 0, 0x8001, Wire.U32(5), Wire.U16(2), Wire.Text("x")),
        ["error with a byte too many"] = cookie => Wire.Chunk(cookie, 0, 0x8001, Wire.U32(5), Wire.U16(0), Wire.Text("x")),
        ["error message over 4096 bytes"] = cookie => Wire.Error(cookie, 5, new string('x', 4097)),
        ["error at an offset outside"] = cookie => Wire.ErrorOffset(cookie, 5, "", 4608),
        ["error at an offset before"] = cookie => Wire.ErrorOffset(cookie, 5, "", 4095),
        ["errors without end"] = cookie => Wire.Join([.. Enumerable.Repeat(Wire.Error(cookie, 5, ""), 1025)]),
        ["answer after the answer"] = cookie => Wire.Join(
            Wire.Error(cookie, 5, "first", Wire.Done), Wire.Error(cookie, 5, "second", Wire.Done)),
    };

    /// <summary>Lies that blame no request, or come when it has been answered by an error.</summary>
    private static readonly string[] NotAboutTheRead =
        ["unknown cookie", "cookie of another slot", "cookie from the future", "bad magic", "magic with one bit flipped", "answer after the answer"];

    public static TheoryData<string> AllLies => [.. Lies.Keys];

    [Theory]
    [MemberData(nameof(AllLies))]
    public async Task A_lie_fails_the_read_and_ends_the_connection(string lie)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            await peer.SendAsync(Lies[lie]((await peer.ReceiveRequestAsync()).Cookie));
        });
        await using NbdClient client = await server.ConnectAsync();
        NbdException failure = await client.ReadAsync(4096, 512).FailsAsync();
        Assert.Equal(
            lie == "answer after the answer" ? NbdErrorKind.ServerError
                : NotAboutTheRead.Contains(lie) ? NbdErrorKind.ConnectionLost : NbdErrorKind.Protocol,
            failure.Kind);

        NbdException next = await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ConnectionLost);
        Assert.Contains("broke the NBD protocol", next.Message, StringComparison.Ordinal);
    }

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
    public async Task A_reply_in_too_many_scattered_pieces_is_refused()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            await peer.SendAsync([.. Enumerable.Range(0, 16_385).Select(i => Wire.Hole(read.Cookie, (ulong)(2 * i), 1))]);
        });
        await using NbdClient client = await server.ConnectAsync();
        NbdException failure = await client.ReadAsync(0, 65_536).FailsAsync(NbdErrorKind.Protocol);
        Assert.Contains("16384", failure.Message, StringComparison.Ordinal);
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
        await using NbdClient client = await server.ConnectAsync(options: new() { Connections = 1, RequestsInFlight = 1 });
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
