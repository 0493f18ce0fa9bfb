using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Failover;
using VdiFs.Nbd;
using VdiFs.Proofs;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Faults;

/// <summary>Servers that answer late, in any order, or on some connections only; time does not really pass.</summary>
public sealed class SlowServerTests
{
    private const int Reads = 64;
    private const int ReadBytes = 4096;
    private const int MultiConn = 0x103;
    private static readonly TimeSpan Latest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly ManualClock _clock = new();

    private FailoverOptions Failover => new() { TimeProvider = _clock, Random = new Random(1) };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Answers_in_random_order_and_60_seconds_late_are_right(int seed)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            Random random = new(seed);
            await EnterAsync(peer);
            PriorityQueue<ScriptedRequest, TimeSpan> late = new();
            Task<ScriptedRequest> next = peer.ReceiveRequestAsync();
            while (true)
            {
                // Answered when its time has come; the test lets time pass.
                Task tick = Task.Delay(1);
                if (await Task.WhenAny(next, tick) == next)
                {
                    late.Enqueue(await next, _clock.Elapsed + (random.NextDouble() * Latest));
                    next = peer.ReceiveRequestAsync();
                }

                while (late.TryPeek(out ScriptedRequest due, out TimeSpan time) && time <= _clock.Elapsed)
                {
                    late.Dequeue();
                    await peer.SendAsync(Wire.Data(due.Cookie, due.Offset, due.Disk, Wire.Done));
                }
            }
        });
        await ReadEverythingAsync(server, connections: 1, $"random order, up to {Latest.TotalSeconds} s late", seed);
    }

    [Fact]
    public async Task With_half_the_connections_silent_every_read_is_right()
    {
        int number = 0;
        int unanswered = 0;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            bool isSilent = Interlocked.Increment(ref number) % 2 == 0;
            await EnterAsync(peer);
            for (int served = 0; ; served++)
            {
                // The verification of a new connection is answered: it falls silent under the reads.
                ScriptedRequest read = await peer.ReceiveRequestAsync();
                if (!isSilent || served < 4)
                {
                    await peer.SendAsync(Wire.Data(read.Cookie, read.Offset, read.Disk, Wire.Done));
                }
                else
                {
                    Interlocked.Increment(ref unanswered);
                }
            }
        });
        await ReadEverythingAsync(server, connections: 4, "half the connections silent", 1);
        Assert.True(unanswered > 0, "no read met a silent connection");
    }

    private async Task ReadEverythingAsync(ScriptedNbdServer server, int connections, string what, int seed)
    {
        ProofLine proof = new("slow") { Seed = (ulong)seed, Faults = Reads, Reads = Reads };
        NbdClientOptions options = new() { Connections = connections };
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound * 2);
        OpenedSource opened = await PassingTimeAsync(
            NbdSource.OpenAsync([server.Uri()], options, Failover, NullLogger.Instance, bound.Token), bound.Token);
        await using IDisk disk = opened.Disk;
        await PassingTimeAsync(AllConnectedAsync(opened, connections, bound.Token), bound.Token);
        TimeSpan start = _clock.Elapsed;
        Task<byte[]>[] reads = [.. Enumerable.Range(0, Reads).Select(i => ReadAsync(disk, i * ReadBytes))];
        byte[][] bytes = await PassingTimeAsync(Task.WhenAll(reads), bound.Token);
        TimeSpan passed = _clock.Elapsed - start;
        Assert.Equal(Wire.Disk(0, Reads * ReadBytes), Wire.Join(bytes));
        Assert.True(passed <= Failover.ReadDeadline + Step, $"{passed} passed");
        proof.BytesVerified = Reads * ReadBytes;
        proof.Detail("server", what);
        proof.Detail("seconds_of_virtual_time", Math.Round(passed.TotalSeconds));
        proof.Write();
    }

    private static async Task<bool> AllConnectedAsync(OpenedSource opened, int connections, CancellationToken bound)
    {
        while (opened.Describe().Connections < connections)
        {
            await Task.Delay(1, bound);
        }

        return true;
    }

    /// <summary>Lets a second pass whenever everybody has had time to do what there was to do.</summary>
    private async Task<T> PassingTimeAsync<T>(Task<T> task, CancellationToken bound)
    {
        while (!task.IsCompleted)
        {
            await Task.Delay(5, bound);
            _clock.Advance(Step);
        }

        return await task;
    }

    private static async Task<byte[]> ReadAsync(IDisk disk, long diskOffset)
    {
        byte[] bytes = new byte[ReadBytes];
        await disk.ReadAsync(diskOffset, [bytes], CancellationToken.None);
        return bytes;
    }

    private static async Task EnterAsync(ServerPeer peer)
    {
        await peer.GreetAsync(3);
        await peer.ExpectOptionAsync(8);
        await peer.SendAsync(Wire.OptionReply(8, 1));
        await peer.ExpectOptionAsync(10);
        await peer.SendAsync(Wire.OptionReply(10, 0x80000001));
        await peer.ExpectOptionAsync(7);
        await peer.SendAsync(
            Wire.InfoExport(7, Reads * ReadBytes, MultiConn),
            Wire.InfoBlockSize(7, 512, 4096, 65_536),
            Wire.OptionReply(7, 1));
    }
}
