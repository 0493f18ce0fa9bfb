using System.Buffers.Binary;
using System.Text;

namespace VdiFs.Tests.Nbd.Scripted;

/// <summary>Bytes of the NBD protocol, written down independently of the product's records.</summary>
internal static class Wire
{
    public const ushort Done = 1;

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Hex(string digits) => Convert.FromHexString(digits.Replace(" ", "", StringComparison.Ordinal));

    public static byte[] U16(int value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }

    public static byte[] U32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] U64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>NBDMAGIC, IHAVEOPT, handshake flags.</summary>
    public static byte[] Greeting(int handshakeFlags) => Join(Text("NBDMAGICIHAVEOPT"), U16(handshakeFlags));

    /// <summary>A reply to an option.</summary>
    public static byte[] OptionReply(uint option, uint type, params byte[][] data) =>
        Join(Hex("0003e889045565a9"), U32(option), U32(type), U32((uint)data.Sum(part => part.Length)), Join(data));

    public static byte[] InfoExport(uint option, ulong length, int transmissionFlags) =>
        OptionReply(option, 3, U16(0), U64(length), U16(transmissionFlags));

    public static byte[] InfoBlockSize(uint option, uint minimum, uint preferred, uint maximum) =>
        OptionReply(option, 3, U16(3), U32(minimum), U32(preferred), U32(maximum));

    public static byte[] ListedExport(string name, string details = "") =>
        OptionReply(3, 2, U32((uint)Text(name).Length), Text(name), Text(details));

    public static byte[] Simple(ulong cookie, uint error, params byte[][] data) =>
        Join(Hex("67446698"), U32(error), U64(cookie), Join(data));

    /// <summary>A structured reply chunk whose length is that of its payload.</summary>
    public static byte[] Chunk(ulong cookie, int flags, int type, params byte[][] payload) =>
        Join(ChunkHead(cookie, flags, type, (uint)payload.Sum(part => part.Length)), Join(payload));

    /// <summary>The head of a chunk alone, with any length.</summary>
    public static byte[] ChunkHead(ulong cookie, int flags, int type, uint length) =>
        Join(Hex("668e33ef"), U16(flags), U16(type), U64(cookie), U32(length));

    public static byte[] None(ulong cookie) => Chunk(cookie, Done, 0);

    public static byte[] Data(ulong cookie, ulong offset, byte[] data, int flags = 0) =>
        Chunk(cookie, flags, 1, U64(offset), data);

    public static byte[] Hole(ulong cookie, ulong offset, uint length, int flags = 0) =>
        Chunk(cookie, flags, 2, U64(offset), U32(length));

    public static byte[] Status(ulong cookie, uint context, params (uint Length, uint Flags)[] extents) =>
        Chunk(cookie, Done, 5, U32(context), Join([.. extents.Select(extent => Join(U32(extent.Length), U32(extent.Flags)))]));

    public static byte[] Error(ulong cookie, uint error, string message, int flags = 0) =>
        Chunk(cookie, flags, 0x8001, U32(error), U16(Text(message).Length), Text(message));

    public static byte[] ErrorOffset(ulong cookie, uint error, string message, ulong offset, int flags = 0) =>
        Chunk(cookie, flags, 0x8002, U32(error), U16(Text(message).Length), Text(message), U64(offset));

    /// <summary>Disk contents that tell their place: byte i is a mix of i's bytes and never 0.</summary>
    public static byte[] Disk(long offset, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            long place = offset + i;
            bytes[i] = (byte)(1 + ((place ^ (place >> 8) ^ (place >> 16)) % 255));
        }

        return bytes;
    }
}
