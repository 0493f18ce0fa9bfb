using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Nbd.Faults.Lies;

/// <summary>Each bit of each magic number, flipped.</summary>
internal static class MagicLies
{
    public static IEnumerable<Lie> All =>
    [
        .. Bits(64).Select(bit => new Lie(
            $"magic: NBDMAGIC, bit {bit}",
            NbdErrorKind.HandshakeFailed,
            Questions.ConnectAsync,
            peer => peer.SendAsync(Flipped(Wire.Greeting(3), bit)))),
        .. Bits(64).Select(bit => new Lie(
            $"magic: IHAVEOPT, bit {bit}",
            NbdErrorKind.Protocol,
            Questions.ConnectAsync,
            peer => peer.SendAsync(Flipped(Wire.Greeting(3), 64 + bit)))),
        .. Bits(64).Select(bit => new Lie(
            $"magic: option reply, bit {bit}",
            NbdErrorKind.Protocol,
            Questions.ConnectAsync,
            async peer =>
            {
                await peer.GreetAsync(3);
                await peer.ExpectOptionAsync(8);
                await peer.SendAsync(Flipped(Wire.OptionReply(8, 1), bit));
            })),
        .. Bits(32).Select(bit => new Lie(
            $"magic: structured reply, bit {bit}",
            NbdErrorKind.ConnectionLost,
            Questions.ReadAsync,
            async peer =>
            {
                await peer.EnterStructuredAsync();
                ScriptedRequest read = await peer.ReceiveRequestAsync();
                await peer.SendAsync(Flipped(Wire.Data(read.Cookie, read.Offset, read.Disk, Wire.Done), bit));
            })),
        .. Bits(32).Select(bit => new Lie(
            $"magic: simple reply, bit {bit}",
            NbdErrorKind.ConnectionLost,
            Questions.ReadAsync,
            async peer =>
            {
                await peer.EnterSimpleAsync();
                ScriptedRequest read = await peer.ReceiveRequestAsync();
                await peer.SendAsync(Flipped(Wire.Simple(read.Cookie, 0, read.Disk), bit));
            })),
    ];

    private static IEnumerable<int> Bits(int count) => Enumerable.Range(0, count);

    private static byte[] Flipped(byte[] bytes, int bit)
    {
        bytes[bit / 8] ^= (byte)(0x80 >> (bit % 8));
        return bytes;
    }
}
