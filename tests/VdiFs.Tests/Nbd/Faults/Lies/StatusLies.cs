using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Nbd.Faults.Lies;

/// <summary>Lies in the reply to a BLOCK_STATUS of 1024 bytes at 0.</summary>
internal static class StatusLies
{
    private static readonly (string Name, Func<ulong, byte[]> Reply)[] AboutTheStatus =
    [
        ("simple success", cookie => Wire.Simple(cookie, 0)),
        ("status, then simple success", cookie => Wire.Join(
            Wire.Chunk(cookie, 0, 5, Wire.U32(7), Wire.U32(1024), Wire.U32(3)), Wire.Simple(cookie, 0))),
        ("error, then simple success", cookie => Wire.Join(Wire.Error(cookie, 5, "bad"), Wire.Simple(cookie, 0))),
        ("end without a status", Wire.None),
        ("no extent", cookie => Wire.Status(cookie, 7)),
        ("extent of 0 bytes", cookie => Wire.Status(cookie, 7, (512, 0), (0, 0))),
        ("extent of 0 bytes alone", cookie => Wire.Status(cookie, 7, (0, 0))),
        ("extent behind the request", cookie => Wire.Status(cookie, 7, (1024, 0), (512, 0))),
        ("extent behind one that is too long", cookie => Wire.Status(cookie, 7, (uint.MaxValue, 0), (512, 3))),
        ("context that was not asked for", cookie => Wire.Status(cookie, 8, (1024, 0))),
        ("half an extent", cookie => Wire.Chunk(cookie, Wire.Done, 5, Wire.U32(7), Wire.U64(1), Wire.U32(0))),
        ("status of 4 GiB", cookie => Wire.ChunkHead(cookie, 0, 5, uint.MaxValue - 3)),
        ("status of 0 bytes", cookie => Wire.ChunkHead(cookie, 0, 5, 0)),
        ("status of a context alone", cookie => Wire.Chunk(cookie, Wire.Done, 5, Wire.U32(7))),
        ("2^20 and one extents", cookie => Wire.ChunkHead(cookie, 0, 5, 4 + (8 * ((1u << 20) + 1)))),
        ("status twice", cookie => Wire.Join(
            Wire.Chunk(cookie, 0, 5, Wire.U32(7), Wire.U32(512), Wire.U32(0)), Wire.Status(cookie, 7, (512, 0)))),
        ("two contradicting statuses", cookie => Wire.Join(
            Wire.Chunk(cookie, 0, 5, Wire.U32(7), Wire.U32(1024), Wire.U32(3)), Wire.Status(cookie, 7, (1024, 0)))),
        ("data as an answer", cookie => Wire.Data(cookie, 0, new byte[1024], Wire.Done)),
        ("hole as an answer", cookie => Wire.Hole(cookie, 0, 1024, Wire.Done)),
    ];

    public static IEnumerable<Lie> All =>
    [
        .. AboutTheStatus.Select(lie => new Lie(
            "BLOCK_STATUS: " + lie.Name, NbdErrorKind.Protocol, Questions.AskStatusAsync, Answer(lie.Reply))),
        new("BLOCK_STATUS: status, then an error", NbdErrorKind.ServerError, Questions.AskStatusAsync, Answer(
            cookie => Wire.Join(
                Wire.Chunk(cookie, 0, 5, Wire.U32(7), Wire.U32(1024), Wire.U32(3)),
                Wire.Error(cookie, 5, "bad", Wire.Done)))),
        new("BLOCK_STATUS: simple data", NbdErrorKind.Protocol, Questions.AskStatusAsync, Answer(
            cookie => Wire.Simple(cookie, 0, new byte[1024]))),
    ];

    private static Func<ServerPeer, Task> Answer(Func<ulong, byte[]> reply) => async peer =>
    {
        await peer.EnterStructuredAsync();
        await peer.SendAsync(reply((await peer.ReceiveRequestAsync()).Cookie));
    };
}
