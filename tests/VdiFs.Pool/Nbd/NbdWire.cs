using System.Buffers.Binary;

namespace VdiFs.Pool.Nbd;

/// <summary>The numbers of the protocol that xapi-nbd knows, and the three things it sends (nbd:
/// lib/protocol.ml).</summary>
internal static class NbdWire
{
    internal const ulong OptionMagic = 0x49484156454F5054;
    internal const uint RequestMagic = 0x25609513;
    internal const int OptionHeaderBytes = 16;
    internal const int RequestBytes = 28;
    internal const uint ClientFixedNewstyle = 1;
    internal const int Eperm = 1;
    internal const int Einval = 22;

    /// <summary>Always with the 124 zeros: NO_ZEROES is never offered.</summary>
    internal const int ExportReplyBytes = 134;

    private const ulong OptionReplyMagic = 0x0003E889045565A9;
    private const uint SimpleReplyMagic = 0x67446698;
    private const ushort HasFlagsAndReadOnly = 3;

    /// <summary>NBDMAGIC, IHAVEOPT, and FIXED_NEWSTYLE as the only handshake flag.</summary>
    internal static byte[] Greeting() => [.. "NBDMAGICIHAVEOPT"u8, 0, 1];

    /// <summary>An option's reply; this server never sends data with one.</summary>
    internal static byte[] OptionReply(uint option, NbdOptionReply type)
    {
        byte[] reply = new byte[20];
        BinaryPrimitives.WriteUInt64BigEndian(reply, OptionReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(12), (uint)type);
        return reply;
    }

    /// <summary>The reply to EXPORT_NAME.</summary>
    internal static byte[] ExportReply(long length)
    {
        byte[] reply = new byte[ExportReplyBytes];
        BinaryPrimitives.WriteInt64BigEndian(reply, length);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(8), HasFlagsAndReadOnly);
        return reply;
    }

    /// <summary>The header of a simple reply.</summary>
    internal static byte[] SimpleReply(ReadOnlySpan<byte> cookie, int error)
    {
        byte[] reply = new byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(reply, SimpleReplyMagic);
        BinaryPrimitives.WriteInt32BigEndian(reply.AsSpan(4), error);
        cookie.CopyTo(reply.AsSpan(8));
        return reply;
    }
}
