using VdiFs.Simulation.Scenarios;

namespace VdiFs.Simulation.Servers;

/// <summary>
/// Replies that break a rule of the protocol in a way that can be noticed. What cannot be, such as other bytes under a
/// right header, is no lie but another disk, and that is <see cref="FaultKind.Impostor"/>.
/// </summary>
internal static class ReplyLies
{
    private const ulong StrangeCookie = 0x5a5a_0000_0000_0000;

    public static ReadOnlyMemory<byte>[] Draw(ServerRequest request, ServedDisk disk, bool isStructured, Random chance)
    {
        ReadOnlyMemory<byte> data = request.Command == Wire.CommandRead
            ? disk.Content.Slice(request.Offset, (int)request.Length)
            : new byte[16];
        return isStructured ? Structured(request, data, chance) : Simple(request, data, chance);
    }

    private static ReadOnlyMemory<byte>[] Simple(ServerRequest request, ReadOnlyMemory<byte> data, Random chance)
    {
        byte[] header = Wire.SimpleReply(request.Cookie, 0);
        switch (chance.Next(4))
        {
            case 0:
                header[0] ^= 1;
                return [header, data];
            case 1:
                return [Wire.SimpleReply(request.Cookie ^ StrangeCookie, 0), data];
            case 2:
                // The right answer, and once more.
                return [header, data, header, data];
            default:
                return [Wire.DataHeader(request.Cookie, request.Offset, data.Length, isLast: true), data];
        }
    }

    private static ReadOnlyMemory<byte>[] Structured(ServerRequest request, ReadOnlyMemory<byte> data, Random chance)
    {
        ulong cookie = request.Cookie;
        byte[] header = Wire.DataHeader(cookie, request.Offset, data.Length, isLast: true);
        switch (chance.Next(9))
        {
            case 0:
                header[0] ^= 1;
                return [header, data];
            case 1:
                return [Wire.DataHeader(cookie ^ StrangeCookie, request.Offset, data.Length, isLast: true), data];
            case 2:
                // Beside the request.
                return [Wire.DataHeader(cookie, request.Offset - 1, data.Length, isLast: true), data];
            case 3:
                // A byte twice.
                return [
                    Wire.DataHeader(cookie, request.Offset, data.Length, isLast: false), data,
                    Wire.DataHeader(cookie, request.Offset, 1, isLast: true), data[..1]];
            case 4:
                // A byte never.
                return data.Length == 1
                    ? [Wire.ChunkHeader(cookie, Wire.ChunkNone, isLast: true, 0)]
                    : [Wire.DataHeader(cookie, request.Offset, data.Length - 1, isLast: true), data[..^1]];
            case 5:
                return [Wire.ChunkHeader(cookie, Wire.ChunkNone, isLast: true, 0)];
            case 6:
                // An error that is none.
                return [Wire.Error(cookie, 0, isLast: true)];
            case 7:
                // A kind of chunk that nobody knows, of a length that nobody has.
                return [Wire.ChunkHeader(cookie, 9, isLast: true, int.MaxValue)];
            default:
                // A simple reply to a read.
                return request.Command == Wire.CommandRead
                    ? [Wire.SimpleReply(cookie, 0), data]
                    : [Wire.ChunkHeader(cookie, Wire.ChunkStatus, isLast: true, 5, 5)];
        }
    }
}
