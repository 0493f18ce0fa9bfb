using Xunit;

namespace VdiFs.Tests.Nbd.Scripted;

/// <summary>
/// Scripts with the manners of xapi-nbd: EXPORT_NAME only, simple replies one after the other, OK before the bytes are
/// read, and a closed connection in the place of every error (nbd: lib/server.ml).
/// </summary>
internal static class XapiNbd
{
    public const int Sector = 512;

    private const int FixedNewstyle = 1;
    private const uint Unsupported = 0x80000001;
    private const int ReadOnly = 3;
    private const int PieceBytes = 512 * 1024;

    /// <summary>Serves until the client leaves.</summary>
    /// <param name="length">The disk's length.</param>
    /// <param name="badSectors">Sectors that cannot be read.</param>
    /// <param name="named">Told the export name that was asked for; false: it is not opened.</param>
    public static Func<ServerPeer, Task> Serving(
        int length, IReadOnlySet<long>? badSectors = null, Func<string, bool>? named = null) =>
        async peer =>
        {
            string name = await HaggleAsync(peer);
            if (named?.Invoke(name) == false)
            {
                Hang(peer);
            }

            await peer.SendAsync(Wire.U64((ulong)length), Wire.U16(ReadOnly), new byte[124]);
            while (await peer.ReceiveRequestAsync() is { Command: 0 } request)
            {
                Assert.True(request.Offset % Sector == 0 && request.Length % Sector == 0, $"an odd request: {request}");
                Assert.InRange(request.Length, 1u, (uint)int.MaxValue);
                await AnswerAsync(peer, request, badSectors);
            }
        };

    private static async Task<string> HaggleAsync(ServerPeer peer)
    {
        await peer.GreetAsync(FixedNewstyle);
        while (true)
        {
            (uint option, byte[] data) = await peer.ReceiveOptionAsync();
            if (option == 1)
            {
                return System.Text.Encoding.UTF8.GetString(data);
            }

            await peer.SendAsync(Wire.OptionReply(option, Unsupported));
        }
    }

    private static async Task AnswerAsync(ServerPeer peer, ScriptedRequest request, IReadOnlySet<long>? badSectors)
    {
        await peer.SendAsync(Wire.Simple(request.Cookie, 0));
        for (uint sent = 0; sent < request.Length; sent += PieceBytes)
        {
            long start = (long)request.Offset + sent;
            int length = (int)Math.Min(PieceBytes, request.Length - sent);
            if (badSectors?.Any(sector => sector * Sector < start + length && (sector + 1) * Sector > start) == true)
            {
                Hang(peer);
            }

            await peer.SendAsync(Wire.Disk(start, length));
        }
    }

    private static void Hang(ServerPeer peer)
    {
        peer.Cut(byReset: false);
        throw new ConnectionCutException();
    }
}
