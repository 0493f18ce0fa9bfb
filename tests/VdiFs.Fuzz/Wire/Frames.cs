using System.Buffers.Binary;
using System.Text;

namespace VdiFs.Fuzz.Wire;

/// <summary>Good bytes of a server, for seeds.</summary>
internal static class Frames
{
    public static byte[] Greeting(int handshakeFlags) =>
        [.. "NBDMAGICIHAVEOPT"u8, .. Number(2, (ulong)handshakeFlags)];

    public static byte[] OptionReply(uint option, uint type, params byte[][] data) =>
        [.. Number(8, 0x0003e889045565a9), .. Number(4, option), .. Number(4, type), .. Counted(4, data)];

    public static byte[] Info(uint option, int kind, params byte[][] data) =>
        OptionReply(option, 3, [Number(2, (ulong)kind), .. data]);

    public static byte[] Export(uint option, ulong length, int flags) =>
        Info(option, 0, Number(8, length), Number(2, (ulong)flags));

    public static byte[] BlockSizes(uint option, uint minimum, uint preferred, uint maximum) =>
        Info(option, 3, Number(4, minimum), Number(4, preferred), Number(4, maximum));

    public static byte[] Context(uint option) => OptionReply(option, 4, Number(4, 7), Text("base:allocation"));

    public static byte[] Listed(string name, string description) =>
        OptionReply(3, 2, Counted(4, Text(name)), Text(description));

    public static byte[] Simple(ulong cookie, uint error, params byte[][] data) =>
        [.. Number(4, 0x67446698), .. Number(4, error), .. Number(8, cookie), .. Join(data)];

    public static byte[] Chunk(ulong cookie, int flags, int type, params byte[][] payload) =>
    [
        .. Number(4, 0x668e33ef), .. Number(2, (ulong)flags), .. Number(2, (ulong)type), .. Number(8, cookie),
        .. Counted(4, payload),
    ];

    public static byte[] Data(ulong cookie, int flags, ulong offset, int length)
    {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++)
        {
            data[i] = (byte)((offset + (ulong)i) % 251);
        }

        return Chunk(cookie, flags, 1, Number(8, offset), data);
    }

    public static byte[] Hole(ulong cookie, int flags, ulong offset, uint length) =>
        Chunk(cookie, flags, 2, Number(8, offset), Number(4, length));

    public static byte[] Error(ulong cookie, int flags, uint error, string message, ulong? offset = null) => Chunk(
        cookie,
        flags,
        offset is null ? 0x8001 : 0x8002,
        Number(4, error),
        Counted(2, Text(message)),
        offset is { } named ? Number(8, named) : []);

    public static byte[] Status(ulong cookie, int flags, params (uint Length, uint Flags)[] extents) => Chunk(
        cookie,
        flags,
        5,
        [Number(4, 7), .. extents.Select(extent => Join(Number(4, extent.Length), Number(4, extent.Flags)))]);

    public static byte[] Number(int width, ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes[(8 - width)..];
    }

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    private static byte[] Counted(int width, params byte[][] data)
    {
        byte[] all = Join(data);
        return [.. Number(width, (ulong)all.Length), .. all];
    }
}
