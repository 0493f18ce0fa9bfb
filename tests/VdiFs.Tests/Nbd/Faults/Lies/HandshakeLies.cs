using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Nbd.Faults.Lies;

/// <summary>Lies before an export is open.</summary>
internal static class HandshakeLies
{
    /// <summary>A reply that skips: an unknown kind of NBD_REP_INFO, as long as a reply may be.</summary>
    private static readonly byte[] LongestInfo = Wire.OptionReply(7, 3, Wire.U16(99), new byte[65_534]);

    /// <summary>Answers to GO.</summary>
    private static readonly (string Name, Func<byte[]> Answer)[] AboutGo =
    [
        ("success without a size", () => Wire.OptionReply(7, 1)),
        ("success with data", () => Wire.Join(Wire.InfoExport(7, 512, 3), Wire.OptionReply(7, 1, new byte[1]))),
        ("size of 2^63", () => Wire.Join(Wire.InfoExport(7, 1ul << 63, 3), Wire.OptionReply(7, 1))),
        ("size of 2^64 - 1", () => Wire.Join(Wire.InfoExport(7, ulong.MaxValue, 3), Wire.OptionReply(7, 1))),
        ("two sizes", () => Wire.Join(
            Wire.InfoExport(7, 512, 3), Wire.InfoExport(7, 1024, 3), Wire.OptionReply(7, 1))),
        ("two sets of flags", () => Wire.Join(
            Wire.InfoExport(7, 512, 3), Wire.InfoExport(7, 512, 1), Wire.OptionReply(7, 1))),
        ("two minimum block sizes", () => Wire.Join(Wire.InfoBlockSize(7, 1, 4096, 65_536), Go(512, 4096, 65_536))),
        ("two names", () => Wire.Join(Info(1, "a"), Info(1, "b"), Go(512, 4096, 65_536))),
        ("two descriptions", () => Wire.Join(Info(2, "a"), Info(2, "b"), Go(512, 4096, 65_536))),
        ("minimum block size 0", () => Go(0, 4096, 65_536)),
        ("minimum block size 3", () => Go(3, 4096, 65_536)),
        ("minimum block size 2^31", () => Go(1u << 31, 1u << 31, 1u << 31)),
        ("preferred below minimum", () => Go(4096, 512, 65_536)),
        ("preferred 0", () => Go(1, 0, 65_536)),
        ("preferred 5000", () => Go(512, 5000, 65_536)),
        ("preferred 2^31", () => Go(512, 1u << 31, uint.MaxValue)),
        ("maximum 0", () => Go(1, 4096, 0)),
        ("maximum below minimum", () => Go(4096, 4096, 512)),
        ("maximum no multiple of minimum", () => Go(4096, 4096, 10_000)),
        ("info without a type", () => Wire.OptionReply(7, 3, new byte[1])),
        ("size info of another length", () => Wire.OptionReply(7, 3, new byte[11])),
        ("block size info of another length", () => Wire.OptionReply(7, 3, Wire.U16(3), new byte[11])),
        ("name that is not UTF-8", () => Wire.OptionReply(7, 3, Wire.U16(1), [0xff])),
        ("name with a NUL", () => Info(1, "a\0b")),
        ("name over 4096 bytes", () => Info(1, new string('x', 4097))),
        ("description over 4096 bytes", () => Info(2, new string('x', 4097))),
        ("reply to another option", () => Wire.OptionReply(6, 1)),
        ("magic of zeroes", () => new byte[20]),
        ("error of 4 GiB", () => Head(7, 0x80000001, uint.MaxValue)),
        ("error string of 10 MiB", () => Head(7, 0x80000002, 10 << 20)),
        ("info of 4 GiB", () => Head(7, 3, uint.MaxValue)),
        ("reply of 64 KiB and a byte", () => Head(7, 3, 65_537)),
        ("listed export as an answer", () => Wire.OptionReply(7, 2, new byte[4])),
        ("metadata context as an answer", () => Wire.OptionReply(7, 4, new byte[4])),
        ("unknown reply type", () => Wire.OptionReply(7, 0x7fffffff)),
        ("bytes after the end", () => Wire.Join(Wire.InfoExport(7, 512, 3), Wire.OptionReply(7, 1), new byte[1])),
    ];

    /// <summary>Answers to SET_META_CONTEXT.</summary>
    private static readonly (string Name, Func<byte[]> Answer)[] AboutContexts =
    [
        ("context that was not asked for", () => Wire.OptionReply(10, 4, Wire.U32(1), Wire.Text("base:other"))),
        ("context without a name", () => Wire.OptionReply(10, 4, Wire.U32(1))),
        ("context without an id", () => Wire.OptionReply(10, 4, new byte[3])),
        ("context twice", () => Wire.Join(
            Wire.OptionReply(10, 4, Wire.U32(1), Wire.Text("base:allocation")),
            Wire.OptionReply(10, 4, Wire.U32(2), Wire.Text("base:allocation")))),
        ("context of 4 GiB", () => Head(10, 4, uint.MaxValue)),
        ("info about a context", () => Wire.OptionReply(10, 3, new byte[12])),
        ("end of contexts with data", () => Wire.OptionReply(10, 1, new byte[4])),
    ];

    /// <summary>Answers to LIST.</summary>
    private static readonly (string Name, Func<byte[]> Answer)[] AboutLists =
    [
        ("listed name longer than its reply", () => Wire.OptionReply(3, 2, Wire.U32(5), Wire.Text("ab"))),
        ("listed name of 4 GiB", () => Wire.OptionReply(3, 2, Wire.U32(uint.MaxValue), Wire.Text("ab"))),
        ("listed name over 4096 bytes", () => Wire.ListedExport(new string('x', 4097))),
        ("listed name without a length", () => Wire.OptionReply(3, 2, new byte[3])),
        ("listed name that is not UTF-8", () => Wire.OptionReply(3, 2, Wire.U32(1), [0xff])),
        ("listed name with a NUL", () => Wire.ListedExport("a\0b")),
        ("list of 4 GiB", () => Head(3, 2, uint.MaxValue)),
        ("info in a list", () => Wire.InfoExport(3, 512, 3)),
    ];

    public static IEnumerable<Lie> All =>
    [
        .. AboutGo.Select(lie => new Lie(
            "GO: " + lie.Name, NbdErrorKind.Protocol, Questions.ConnectAsync, AnswerGo(lie.Answer()))),
        .. AboutContexts.Select(lie => new Lie(
            "META_CONTEXT: " + lie.Name, NbdErrorKind.Protocol, Questions.ConnectAsync, AnswerContext(lie.Answer()))),
        .. AboutLists.Select(lie => new Lie(
            "LIST: " + lie.Name, NbdErrorKind.Protocol, Questions.ListAsync, AnswerList(lie.Answer()))),
        new("GO: infos without end", NbdErrorKind.Protocol, Questions.ConnectAsync, peer => GoForEverAsync(peer)),
        new("LIST: a million exports", NbdErrorKind.Protocol, Questions.ListAsync, ListForEver(Wire.ListedExport("x")))
        {
            // Tasks and strings that are garbage at once; what is kept has its own limit.
            MemoryLimit = 64 << 20,
        },
        new(
            "LIST: names and descriptions of 4096 bytes without end",
            NbdErrorKind.Protocol,
            Questions.ListAsync,
            ListForEver(Wire.ListedExport(new string('x', 4096), new string('y', 4096))))
        {
            MemoryLimit = 64 << 20,
        },
    ];

    private static Func<ServerPeer, Task> AnswerGo(byte[] answer) => async peer =>
    {
        await StartAsync(peer);
        await peer.ExpectOptionAsync(7);
        await peer.SendAsync(answer);
    };

    private static async Task GoForEverAsync(ServerPeer peer)
    {
        await StartAsync(peer);
        await peer.ExpectOptionAsync(7);
        await peer.SendForEverAsync(LongestInfo);
    }

    private static Func<ServerPeer, Task> AnswerContext(byte[] answer) => async peer =>
    {
        await peer.GreetAsync(3);
        await peer.ExpectOptionAsync(8);
        await peer.SendAsync(Wire.OptionReply(8, 1));
        await peer.ExpectOptionAsync(10);
        await peer.SendAsync(answer);
    };

    private static Func<ServerPeer, Task> AnswerList(byte[] answer) => async peer =>
    {
        await StartAsync(peer);
        await peer.ExpectOptionAsync(3);
        await peer.SendAsync(answer);
    };

    private static Func<ServerPeer, Task> ListForEver(byte[] reply) => async peer =>
    {
        await StartAsync(peer);
        await peer.ExpectOptionAsync(3);
        await peer.SendForEverAsync(reply);
    };

    private static async Task StartAsync(ServerPeer peer)
    {
        await peer.GreetAsync(3);
        await peer.ExpectOptionAsync(8);
        await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
    }

    private static byte[] Info(int kind, string text) => Wire.OptionReply(7, 3, Wire.U16(kind), Wire.Text(text));

    private static byte[] Go(uint minimum, uint preferred, uint maximum) => Wire.Join(
        Wire.InfoExport(7, 1 << 20, 3), Wire.InfoBlockSize(7, minimum, preferred, maximum), Wire.OptionReply(7, 1));

    private static byte[] Head(uint option, uint type, uint length) =>
        Wire.Join(Wire.Hex("0003e889045565a9"), Wire.U32(option), Wire.U32(type), Wire.U32(length));
}
