using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Nbd.Tls;
using Xunit;

namespace VdiFs.Tests.Nbd.Faults;

/// <summary>
/// A session in which nothing goes wrong: a handshake, three reads and, where the server knows it, a block status. The
/// server remembers after which of its bytes each part was complete.
/// </summary>
internal sealed class GoodSession(
    string name,
    Func<ServerPeer, Task> enter,
    bool isStructured = false,
    bool hasStatus = false,
    int nameAnswerBytes = 0,
    bool isTls = false)
{
    public const int Reads = 3;
    public const int DiskBytes = 1024;
    public const int ReadBytes = 96;
    public const int ReadStride = 256;

    public static readonly GoodSession[] All =
    [
        new("structured", peer => EnterAsync(peer, 1, 0x80000001), isStructured: true),
        new("block status", peer => EnterAsync(peer, 1, null), isStructured: true, hasStatus: true),
        new("simple", peer => EnterAsync(peer, 0x80000001, null)),
        new("export name", peer => EnterByNameAsync(peer, 1), nameAnswerBytes: 10 + 124),
        new("export name without zeroes", peer => EnterByNameAsync(peer, 3), nameAnswerBytes: 10),
        new("no options", EnterWithoutOptionsAsync, nameAnswerBytes: 10 + 124),
        new("TLS", EnterOverTlsAsync, isStructured: true, hasStatus: true, isTls: true),
    ];

    public string Name => name;

    /// <summary>Bytes of the answer to EXPORT_NAME, the last of the handshake; 0 when it ends otherwise.</summary>
    public int NameAnswerBytes => nameAnswerBytes;

    /// <summary>Whether the bytes on the wire are others than those that the server says.</summary>
    public bool IsTls => isTls;

    /// <summary>How the client connects.</summary>
    public NbdClientOptions Options => isTls ? TlsBench.Options() : new NbdClientOptions { Connections = 1 };

    /// <summary>Bytes of the server up to the end of the handshake and of each reply, as the reads are.</summary>
    /// <remarks>The same after every session; several may end at once.</remarks>
    public IReadOnlyList<long> Complete { get; private set; } = [];

    /// <summary>The server's part.</summary>
    public async Task ServeAsync(ServerPeer peer)
    {
        await enter(peer);
        List<long> complete = [peer.Sent, 0, 0, 0];
        List<ScriptedRequest> requests = [];
        for (int i = 0; i < Reads; i++)
        {
            requests.Add(await peer.ReceiveRequestAsync());
        }

        // Not in the order of the requests.
        foreach (int i in (int[])[1, 2, 0])
        {
            await peer.SendAsync(Reply(requests[i]));
            complete[1 + (int)(requests[i].Offset / ReadStride)] = peer.Sent;
        }

        if (hasStatus)
        {
            ScriptedRequest status = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Status(status.Cookie, 7, (512, 3), (512, 0)));
            complete.Add(peer.Sent);
        }

        Complete = complete;
    }

    /// <summary>The same server for as long as it is asked, whatever it is asked.</summary>
    public async Task ServeForEverAsync(ServerPeer peer)
    {
        await enter(peer);
        while (true)
        {
            ScriptedRequest request = await peer.ReceiveRequestAsync();
            await peer.SendAsync(
                request.Command == 7 ? Wire.Status(request.Cookie, 7, (request.Length, 0)) : Reply(request));
        }
    }

    /// <summary>The client's reads, all at once.</summary>
    public static Task<byte[]>[] Read(NbdClient client) =>
        [.. Enumerable.Range(0, Reads).Select(i => client.ReadAsync(i * ReadStride, ReadBytes))];

    /// <summary>Asks for the block status where the session has it; the answer is checked.</summary>
    public async Task AskStatusAsync(NbdClient client)
    {
        Assert.Equal(hasStatus, client.Export.HasBaseAllocation);
        if (hasStatus)
        {
            IReadOnlyList<NbdExtent> extents = await client
                .GetBlockStatusAsync(0, DiskBytes, CancellationToken.None).WaitAsync(ScriptedNbdServer.Bound);
            Assert.Equal(
                [
                    new NbdExtent(512, NbdExtentFlags.Hole | NbdExtentFlags.Zero),
                    new NbdExtent(512, NbdExtentFlags.None),
                ],
                extents);
        }
    }

    /// <summary>The right bytes: where a session has structured replies, each stride has a hole.</summary>
    public byte[] Expected(long offset, int length)
    {
        byte[] bytes = Wire.Disk(offset, length);
        for (int i = 0; i < length; i++)
        {
            if (IsHole(offset + i))
            {
                bytes[i] = 0;
            }
        }

        return bytes;
    }

    public override string ToString() => name;

    private bool IsHole(long offset) => isStructured && offset % ReadStride is >= 40 and < 60;

    private byte[] Reply(ScriptedRequest read)
    {
        if (!isStructured)
        {
            return Wire.Simple(read.Cookie, 0, read.Disk);
        }

        List<byte[]> chunks = [];
        long end = (long)read.Offset + read.Length;
        for (long start = (long)read.Offset; start < end;)
        {
            long next = start + 1;
            while (next < end && IsHole(next) == IsHole(start))
            {
                next++;
            }

            int length = (int)(next - start);
            chunks.Add(IsHole(start)
                ? Wire.Hole(read.Cookie, (ulong)start, (uint)length)
                : Wire.Data(read.Cookie, (ulong)start, Wire.Disk(start, length)));
            start = next;
        }

        return Wire.Join([.. chunks, Wire.None(read.Cookie)]);
    }

    private static async Task EnterAsync(ServerPeer peer, uint structuredReply, uint? metaContextReply)
    {
        await peer.GreetAsync(3);
        await NegotiateAsync(peer, structuredReply, metaContextReply);
    }

    private static async Task EnterOverTlsAsync(ServerPeer peer)
    {
        await peer.StartTlsAsync(TlsBench.Server());
        await NegotiateAsync(peer, 1, null);
    }

    private static async Task NegotiateAsync(ServerPeer peer, uint structuredReply, uint? metaContextReply)
    {
        await peer.ExpectOptionAsync(8);
        await peer.SendAsync(Wire.OptionReply(8, structuredReply));
        if (structuredReply == 1)
        {
            await peer.ExpectOptionAsync(10);
            await peer.SendAsync(metaContextReply is { } refusal
                ? Wire.OptionReply(10, refusal)
                : Wire.Join(
                    Wire.OptionReply(10, 4, Wire.U32(7), Wire.Text("base:allocation")), Wire.OptionReply(10, 1)));
        }

        await peer.ExpectOptionAsync(7);
        await peer.SendAsync(
            Wire.InfoExport(7, DiskBytes, 3), Wire.InfoBlockSize(7, 1, 4096, 65_536), Wire.OptionReply(7, 1));
    }

    private static async Task EnterByNameAsync(ServerPeer peer, int handshakeFlags)
    {
        await peer.GreetAsync(handshakeFlags);
        await peer.ExpectOptionAsync(8);
        await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
        await peer.ExpectOptionAsync(7);
        await peer.SendAsync(Wire.OptionReply(7, 0x80000001));
        await AnswerNameAsync(peer, hasZeroes: handshakeFlags == 1);
    }

    private static async Task EnterWithoutOptionsAsync(ServerPeer peer)
    {
        await peer.GreetAsync(0);
        await AnswerNameAsync(peer, hasZeroes: true);
    }

    /// <summary>A size that is no multiple of 512, so that the client may ask for single bytes.</summary>
    private static async Task AnswerNameAsync(ServerPeer peer, bool hasZeroes)
    {
        await peer.ExpectOptionAsync(1);
        await peer.SendAsync(Wire.U64(DiskBytes + 1), Wire.U16(3), new byte[hasZeroes ? 124 : 0]);
    }
}
