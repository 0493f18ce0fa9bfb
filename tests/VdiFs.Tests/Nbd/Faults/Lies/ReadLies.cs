using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Nbd.Faults.Lies;

/// <summary>Lies in the reply to a READ of 512 bytes at 4096.</summary>
internal static class ReadLies
{
    /// <summary>The reply is to blame: its read hears of the broken rule.</summary>
    private static readonly (string Name, Func<ulong, byte[]> Reply)[] AboutTheRead =
    [
        ("simple although structured was negotiated", cookie => Wire.Simple(cookie, 0, Wire.Disk(4096, 512))),
        ("simple error although structured was negotiated", cookie => Wire.Simple(cookie, 5)),
        ("nothing but the end", Wire.None),
        ("gap at the start", cookie => Wire.Data(cookie, 4097, Wire.Disk(4097, 511), Wire.Done)),
        ("gap at the end", cookie => Wire.Data(cookie, 4096, Wire.Disk(4096, 511), Wire.Done)),
        ("gap in the middle", cookie => Wire.Join(
            Wire.Data(cookie, 4096, new byte[255]), Wire.Data(cookie, 4352, new byte[256], Wire.Done))),
        ("gap where a hole should be", cookie => Wire.Join(
            Wire.Hole(cookie, 4096, 511), Wire.None(cookie))),
        ("data twice", cookie => Wire.Join(
            Wire.Data(cookie, 4096, new byte[512]), Wire.Data(cookie, 4096, new byte[512], Wire.Done))),
        ("overlap by one byte", cookie => Wire.Join(
            Wire.Data(cookie, 4096, new byte[257]), Wire.Data(cookie, 4352, new byte[256], Wire.Done))),
        ("hole over data", cookie => Wire.Join(
            Wire.Data(cookie, 4096, new byte[512]), Wire.Hole(cookie, 4200, 1, Wire.Done))),
        ("data over a hole", cookie => Wire.Join(
            Wire.Hole(cookie, 4096, 512), Wire.Data(cookie, 4200, new byte[1], Wire.Done))),
        ("data before the request", cookie => Wire.Data(cookie, 4095, new byte[512], Wire.Done)),
        ("data behind the request", cookie => Wire.Data(cookie, 4097, new byte[512], Wire.Done)),
        ("data longer than the request", cookie => Wire.Data(cookie, 4096, new byte[513], Wire.Done)),
        ("data at the end of the numbers", cookie =>
            Wire.Data(cookie, ulong.MaxValue - 10, new byte[100], Wire.Done)),
        ("data without a byte", cookie => Wire.Chunk(cookie, 0, 1, Wire.U64(4096))),
        ("data without an offset", cookie => Wire.Chunk(cookie, 0, 1, Wire.U32(0))),
        ("data of 4 GiB", cookie => Wire.ChunkHead(cookie, 0, 1, uint.MaxValue)),
        ("data of 2 GiB", cookie => Wire.ChunkHead(cookie, 0, 1, (1u << 31) + 8)),
        ("hole behind the request", cookie => Wire.Hole(cookie, 4608, 1)),
        ("hole before the request", cookie => Wire.Hole(cookie, 4095, 2)),
        ("hole of 4 GiB", cookie => Wire.Hole(cookie, 4096, uint.MaxValue)),
        ("hole of 0 bytes", cookie => Wire.Hole(cookie, 4096, 0)),
        ("hole chunk too short", cookie => Wire.Chunk(cookie, 0, 2, Wire.U64(4096))),
        ("hole chunk of 4 GiB", cookie => Wire.ChunkHead(cookie, 0, 2, uint.MaxValue)),
        ("end with a payload", cookie => Wire.Chunk(cookie, Wire.Done, 0, Wire.U32(0))),
        ("end that is not the end", cookie => Wire.Chunk(cookie, 0, 0)),
        ("status as an answer", cookie => Wire.Status(cookie, 7, (512, 0))),
        ("unknown chunk type", cookie => Wire.Chunk(cookie, Wire.Done, 99)),
        ("unknown chunk type of 4 GiB", cookie => Wire.ChunkHead(cookie, 0, 99, uint.MaxValue)),
        ("error of 4 GiB", cookie => Wire.ChunkHead(cookie, 0, 0x8001, uint.MaxValue)),
        ("error of 10 MiB", cookie => Wire.ChunkHead(cookie, 0, 0x8001, 10 << 20)),
        ("unknown error type of 4 GiB", cookie => Wire.ChunkHead(cookie, 0, 0x8fff, uint.MaxValue)),
        ("error of 5 bytes", cookie => Wire.Chunk(cookie, 0, 0x8001, new byte[5])),
        ("error 0", cookie => Wire.Error(cookie, 0, "fine")),
        ("error with a message longer than its chunk", cookie =>
            Wire.Chunk(cookie, 0, 0x8001, Wire.U32(5), Wire.U16(2), Wire.Text("x"))),
        ("error with a byte too many", cookie =>
            Wire.Chunk(cookie, 0, 0x8001, Wire.U32(5), Wire.U16(0), Wire.Text("x"))),
        ("error message over 4096 bytes", cookie => Wire.Error(cookie, 5, new string('x', 4097))),
        ("error at an offset behind", cookie => Wire.ErrorOffset(cookie, 5, "", 4608)),
        ("error at an offset before", cookie => Wire.ErrorOffset(cookie, 5, "", 4095)),
        ("error at the end of the numbers", cookie => Wire.ErrorOffset(cookie, 5, "", ulong.MaxValue)),
        ("errors without end", cookie => Wire.Join([.. Enumerable.Repeat(Wire.Error(cookie, 5, ""), 1025)])),
    ];

    /// <summary>The lie names no request in flight: all of them lose their connection.</summary>
    private static readonly (string Name, Func<ulong, byte[]> Reply)[] AboutNobody =
    [
        ("unknown cookie", cookie => Wire.None(cookie + (1 << 16))),
        ("cookie of another slot", cookie => Wire.None(cookie + 1)),
        ("cookie of the last slot there could be", cookie => Wire.None(cookie | 0xffff)),
        ("cookie from the future", cookie => Wire.None(cookie + (1ul << 40))),
        ("cookie of all ones", _ => Wire.None(ulong.MaxValue)),
        ("magic of zeroes", _ => Wire.Hex("00000000")),
        ("a byte of data too few", cookie => Wire.Join(
            Wire.ChunkHead(cookie, 0, 1, 8 + 511), Wire.U64(4096), new byte[512], Wire.None(cookie))),
    ];

    /// <summary>The server says that the read failed, and may not take it back.</summary>
    private static readonly (string Name, Func<ulong, byte[]> Reply)[] AfterAnError =
    [
        ("error, then the data", cookie => Wire.Join(
            Wire.Error(cookie, 5, "bad"), Wire.Data(cookie, 4096, new byte[512], Wire.Done))),
        ("the data, then an error", cookie => Wire.Join(
            Wire.Data(cookie, 4096, new byte[512]), Wire.Error(cookie, 5, "bad", Wire.Done))),
        ("error, then the end", cookie => Wire.Join(Wire.Error(cookie, 5, "bad"), Wire.None(cookie))),
        ("error inside data that came", cookie => Wire.Join(
            Wire.Data(cookie, 4096, new byte[512]), Wire.ErrorOffset(cookie, 5, "bad", 4200, Wire.Done))),
        ("error of an unknown type", cookie => Wire.Chunk(
            cookie, Wire.Done, 0x8fff, Wire.U32(5), Wire.U16(0), new byte[60])),
        ("answer after the answer", cookie => Wire.Join(
            Wire.Error(cookie, 5, "first", Wire.Done), Wire.Error(cookie, 5, "second", Wire.Done))),
    ];

    public static IEnumerable<Lie> All =>
    [
        .. AboutTheRead.Select(lie => new Lie(
            "READ: " + lie.Name, NbdErrorKind.Protocol, Questions.ReadAsync, Answer(lie.Reply))),
        .. AboutNobody.Select(lie => new Lie(
            "READ: " + lie.Name, NbdErrorKind.ConnectionLost, Questions.ReadAsync, Answer(lie.Reply))),
        .. AfterAnError.Select(lie => new Lie(
            "READ: " + lie.Name, NbdErrorKind.ServerError, Questions.ReadAsync, Answer(lie.Reply))),
        new("READ: no end of the reply", NbdErrorKind.ConnectionLost, Questions.ReadAsync, async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Data(read.Cookie, read.Offset, read.Disk));
            peer.Cut(byReset: false);
        }),
        new("READ: simple, unknown cookie", NbdErrorKind.ConnectionLost, Questions.ReadAsync, AnswerSimply(
            cookie => Wire.Simple(cookie + (1 << 16), 0, new byte[512]))),
        new("READ: simple, structured chunk", NbdErrorKind.ConnectionLost, Questions.ReadAsync, AnswerSimply(
            cookie => Wire.Data(cookie, 4096, new byte[512], Wire.Done))),
        new("READ: simple, answered twice", NbdErrorKind.ConnectionLost, Questions.ReadTwiceAsync, async peer =>
        {
            await peer.EnterSimpleAsync();
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Simple(first.Cookie, 0, first.Disk), Wire.Simple(first.Cookie, 0, first.Disk));
        }),
        new("READ: answered twice", NbdErrorKind.ConnectionLost, Questions.ReadTwiceAsync, async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            await peer.ReceiveRequestAsync();
            byte[] answer = Wire.Data(first.Cookie, first.Offset, first.Disk, Wire.Done);
            await peer.SendAsync(answer, answer);
        }),
        new("READ: the next read's data", NbdErrorKind.ConnectionLost, Questions.ReadTwiceAsync, async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest first = await peer.ReceiveRequestAsync();
            ScriptedRequest second = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Data(first.Cookie, second.Offset, second.Disk, Wire.Done));
        }),
        new("READ: scattered into 16,385 pieces", NbdErrorKind.Protocol, Questions.ReadMuchAsync, async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            await peer.SendAsync(
                [.. Enumerable.Range(0, 16_385).Select(i => Wire.Hole(read.Cookie, (ulong)(2 * i), 1))]);
        })
        {
            // The script's own.
            MemoryLimit = 64 << 20,
        },
    ];

    private static Func<ServerPeer, Task> Answer(Func<ulong, byte[]> reply) => async peer =>
    {
        await peer.EnterStructuredAsync();
        await peer.SendAsync(reply((await peer.ReceiveRequestAsync()).Cookie));
    };

    private static Func<ServerPeer, Task> AnswerSimply(Func<ulong, byte[]> reply) => async peer =>
    {
        await peer.EnterSimpleAsync();
        await peer.SendAsync(reply((await peer.ReceiveRequestAsync()).Cookie));
    };
}
