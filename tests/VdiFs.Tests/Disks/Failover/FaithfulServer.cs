using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>Scripts of servers that have a disk, and what becomes of some of their answers.</summary>
internal static class FaithfulServer
{
    public const int Length = 1 << 20;
    public const int MultiConn = 0x103;
    public const uint InputOutput = 5;

    private const int Disconnect = 2;

    /// <summary>Bytes of the disk: <see cref="Wire.Disk"/> with the salt added, so that two salts agree
    /// nowhere.</summary>
    public static byte[] Disk(long offset, int length, byte salt = 0) =>
        [.. Wire.Disk(offset, length).Select(value => (byte)(value + salt))];

    /// <summary>Serves until the client leaves.</summary>
    /// <param name="salt">Whose bytes.</param>
    /// <param name="length">The disk's length.</param>
    /// <param name="transmissionFlags">What the export says it can do.</param>
    /// <param name="instead">Asked before each answer, with the request's number; true: it has dealt with it.</param>
    public static Func<ServerPeer, Task> Serving(
        byte salt = 0,
        int length = Length,
        int transmissionFlags = MultiConn,
        Func<int, ServerPeer, ScriptedRequest, Task<bool>>? instead = null) =>
        async peer =>
        {
            await peer.EnterStructuredAsync((ulong)length, transmissionFlags);
            for (int number = 0; ; number++)
            {
                ScriptedRequest request = await peer.ReceiveRequestAsync();
                if (request.Command == Disconnect)
                {
                    return;
                }

                if (instead is null || !await instead(number, peer, request))
                {
                    await AnswerAsync(peer, request, salt);
                }
            }
        };

    public static Task AnswerAsync(ServerPeer peer, ScriptedRequest request, byte salt = 0) =>
        peer.SendAsync(Wire.Data(
            request.Cookie, request.Offset, Disk((long)request.Offset, (int)request.Length, salt), Wire.Done));

    /// <summary>Answers a request with an error.</summary>
    public static async Task<bool> RefuseAsync(ServerPeer peer, ScriptedRequest request, uint error = InputOutput)
    {
        await peer.SendAsync(Wire.Error(request.Cookie, error, "", Wire.Done));
        return true;
    }
}
