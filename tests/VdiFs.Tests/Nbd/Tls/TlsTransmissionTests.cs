using System.Net.Security;
using System.Security.Authentication;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Tls;

public sealed class TlsTransmissionTests
{
    private static readonly (long Offset, int Length)[] Reads = [(0, 512), (70_000, 20_000), (512, 1)];

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Thousands_of_reads_that_leave_in_mid_frame_disturb_no_other(SslProtocols version)
    {
        const int Seed = 20_261;
        const int Readers = 4;
        const int ReadsEach = 1000;
        SslServerAuthenticationOptions options = Server(version);
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            Random chance = new(Seed);
            await peer.StartTlsAsync(
                options, plain => new HookedStream(plain, bytes => DribbleAsync(plain, bytes, chance)));
            await peer.NegotiateStructuredAsync();
            await TlsBench.AnswerReadsAsync(peer);
        });
        await using NbdClient client = await TlsBench.ConnectAsync(server);
        int[] left = await Task.WhenAll(Enumerable.Range(0, Readers).Select(
            reader => Task.Run(() => ReadAndLeaveAsync(client, new Random(Seed + reader), ReadsEach))));
        Assert.True(left.Sum() > 500, $"{left.Sum()} of {Readers * ReadsEach} reads left (seed {Seed})");
        Assert.True(await TlsBench.ReadsRightlyAsync(client));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_bit_that_flips_anywhere_is_never_a_wrong_byte(SslProtocols version)
    {
        long length = await MeasureAsync(version);
        int failed = 0;
        for (long position = 0; position < length; position += 61)
        {
            long left = position;
            failed += await RunAsync(version, (plain, bytes) =>
            {
                byte[] changed = bytes.ToArray();
                if (left >= 0 && left < changed.Length)
                {
                    changed[left] ^= 0x10;
                }

                left -= changed.Length;
                return plain.WriteAsync(changed).AsTask();
            }) ? 0 : 1;
        }

        Assert.True(failed > length / 61 * 9 / 10, $"{failed} sessions failed of {length / 61}");
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task An_end_anywhere_is_an_error(SslProtocols version)
    {
        long length = await MeasureAsync(version);
        for (long position = 0; position < length; position += 61)
        {
            long left = position;
            bool whole = await RunAsync(version, async (plain, bytes) =>
            {
                int kept = (int)Math.Min(left, bytes.Length);
                left -= kept;
                await plain.WriteAsync(bytes[..kept]);
                if (kept < bytes.Length)
                {
                    throw new ConnectionCutException();
                }
            });
            Assert.False(whole, $"cut after {position} of {length} bytes of TLS");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_end_in_transmission_is_a_lost_connection_with_or_without_a_good_bye(bool hasGoodbye)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            SslStream tls = await peer.StartTlsAsync(TlsBench.Server());
            await peer.NegotiateStructuredAsync();
            ScriptedRequest request = await peer.ReceiveRequestAsync();
            await peer.SendAsync(
                Wire.ChunkHead(request.Cookie, 1, 1, request.Length + 8),
                Wire.U64(request.Offset),
                request.Disk[..100]);
            if (hasGoodbye)
            {
                await tls.ShutdownAsync();
            }

            peer.Cut(byReset: false);
        });
        await using NbdClient client = await TlsBench.ConnectAsync(server);
        await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ConnectionLost);
    }

    [Fact]
    public async Task An_alert_in_transmission_is_a_lost_connection()
    {
        // The server finds a forged record, and says so by an alert: RFC 8446, 5.2.
        bool forges = false;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.StartTlsAsync(TlsBench.Server(), plain => new HookedStream(
                plain,
                bytes => plain.WriteAsync(bytes).AsTask(),
                bytes => Forge(bytes.Span, forges)));
            await peer.NegotiateStructuredAsync();
            forges = true;
            await TlsBench.AnswerReadsAsync(peer);
        });
        await using NbdClient client = await TlsBench.ConnectAsync(server);
        await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ConnectionLost);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disposal_does_not_wait_for_a_silent_server(bool hasReadUnderWay)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.StartTlsAsync(TlsBench.Server());
            await peer.NegotiateStructuredAsync();
            await peer.SilenceAsync();
        });
        NbdClient client = await TlsBench.ConnectAsync(server);
        Task read = hasReadUnderWay ? client.ReadAsync(0, 512) : Task.CompletedTask;
        await client.DisposeAsync().AsTask().BoundedAsync();
        if (hasReadUnderWay)
        {
            await read.FailsAsync(NbdErrorKind.ConnectionLost);
        }
    }

    [Fact]
    public async Task A_server_that_says_inside_tls_that_it_wants_tls_breaks_the_protocol()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.StartTlsAsync(TlsBench.Server());
            await peer.ExpectOptionAsync(8);
            await peer.SendAsync(Wire.OptionReply(8, 0x80000005));
        });
        await TlsBench.ConnectAsync(server).FailsAsync(NbdErrorKind.Protocol);
    }

    private static SslServerAuthenticationOptions Server(SslProtocols version)
    {
        SslServerAuthenticationOptions options = TlsBench.Server();
        options.EnabledSslProtocols = version;
        return options;
    }

    /// <summary>Sends in pieces of any length, each on its own.</summary>
    private static async Task DribbleAsync(Stream plain, ReadOnlyMemory<byte> bytes, Random chance)
    {
        while (bytes.Length > 0)
        {
            int length = Math.Min(chance.Next(1, 6000), bytes.Length);
            await plain.WriteAsync(bytes[..length]);
            bytes = bytes[length..];
            await Task.Yield();
        }
    }

    /// <summary>Reads that leave after a moment of any length; those that stay are right. Returns how many
    /// left.</summary>
    private static async Task<int> ReadAndLeaveAsync(NbdClient client, Random chance, int count)
    {
        int left = 0;
        List<byte[]> abandoned = [];
        for (int i = 0; i < count; i++)
        {
            int offset = chance.Next(0, 900_000);
            byte[] buffer = new byte[chance.Next(1, 60_000)];
            using CancellationTokenSource leave = new();
            Task read = client.ReadAsync(offset, [buffer], leave.Token).AsTask();
            for (int turns = chance.Next(0, 60); turns > 0 && !read.IsCompleted; turns--)
            {
                await Task.Yield();
            }

            await leave.CancelAsync();
            try
            {
                await read.BoundedAsync();
                Assert.True(buffer.AsSpan().SequenceEqual(Wire.Disk(offset, buffer.Length)));
            }
            catch (OperationCanceledException)
            {
                left++;
                Array.Fill(buffer, (byte)0x5a);
                abandoned.Add(buffer);
            }
        }

        Assert.All(abandoned, buffer => Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0x5a)));
        return left;
    }

    private static void Forge(Span<byte> bytes, bool forges)
    {
        if (forges && bytes.Length > 0)
        {
            bytes[^1] ^= 1;
        }
    }

    private static async Task<long> MeasureAsync(SslProtocols version)
    {
        long length = 0;
        bool whole = await RunAsync(version, (plain, bytes) =>
        {
            length += bytes.Length;
            return plain.WriteAsync(bytes).AsTask();
        });
        Assert.True(whole);
        return length;
    }

    /// <summary>
    /// One session whose server writes through <paramref name="write"/>: true when all reads were right, false when
    /// something failed. A wrong byte fails the test.
    /// </summary>
    private static async Task<bool> RunAsync(SslProtocols version, Func<Stream, ReadOnlyMemory<byte>, Task> write)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.StartTlsAsync(Server(version), plain => new HookedStream(plain, bytes => write(plain, bytes)));
            await peer.NegotiateStructuredAsync();
            for (int i = 0; i < Reads.Length; i++)
            {
                ScriptedRequest request = await peer.ReceiveRequestAsync();
                await peer.SendAsync(Wire.Data(request.Cookie, request.Offset, request.Disk, Wire.Done));
            }

            // A flipped length lets the client wait for bytes that nobody owes it; the end of the connection ends that.
            peer.Cut(byReset: false);
        });
        try
        {
            // Changed lengths within the handshake let both ends wait for the other: which byte is one differs from run
            // to run, for signatures differ in length.
            NbdClientOptions options = TlsBench.Options() with { HandshakeTimeout = TimeSpan.FromSeconds(10) };
            await using NbdClient client = await TlsBench.ConnectAsync(TlsBench.Uri(server), options);

            // All are asked before any is answered: the server has nothing left to wait for, and hangs up.
            Task<byte[]>[] reads = [.. Reads.Select(read => client.ReadAsync(read.Offset, read.Length))];
            byte[][] answers = await Task.WhenAll(reads);
            Assert.All(
                answers.Zip(Reads),
                pair => Assert.Equal(Wire.Disk(pair.Second.Offset, pair.Second.Length), pair.First));
            return true;
        }
        catch (NbdException)
        {
            return false;
        }
    }
}
