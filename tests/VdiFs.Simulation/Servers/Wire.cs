using System.Buffers.Binary;

namespace VdiFs.Simulation.Servers;

/// <summary>
/// The server's side of the protocol (proto.md), written from the document and not from the product's records, so that
/// an error in those cannot hide.
/// </summary>
internal static class Wire
{
    public const ulong InitMagic = 0x4e42444d41474943;
    public const ulong OptionMagic = 0x49484156454f5054;
    public const ulong OptionReplyMagic = 0x0003e889045565a9;
    public const uint RequestMagic = 0x25609513;
    public const uint SimpleReplyMagic = 0x67446698;
    public const uint StructuredReplyMagic = 0x668e33ef;

    public const uint OptionExportName = 1;
    public const uint OptionAbort = 2;
    public const uint OptionGo = 7;
    public const uint OptionStructuredReply = 8;
    public const uint OptionSetMetaContext = 10;

    public const uint ReplyAck = 1;
    public const uint ReplyInfo = 3;
    public const uint ReplyMetaContext = 4;
    public const uint ReplyUnsupported = 0x8000_0001;
    public const uint ReplyShutdown = 0x8000_0007;

    public const ushort CommandRead = 0;
    public const ushort CommandDisconnect = 2;
    public const ushort CommandBlockStatus = 7;

    public const ushort ChunkDone = 1;
    public const ushort ChunkNone = 0;
    public const ushort ChunkData = 1;
    public const ushort ChunkHole = 2;
    public const ushort ChunkStatus = 5;
    public const ushort ChunkError = 0x8001;

    public const uint ErrorInputOutput = 5;
    public const uint ErrorShutdown = 108;

    public const ushort FlagHasFlags = 1;
    public const ushort FlagReadOnly = 2;
    public const ushort FlagMultiConn = 0x100;

    /// <summary>The one metadata context of these servers.</summary>
    public const uint AllocationContext = 77;

    /// <summary>Numbers in network order, one after the other.</summary>
    public static byte[] Bytes(params ReadOnlySpan<object> fields)
    {
        using MemoryStream bytes = new();
        Span<byte> field = stackalloc byte[sizeof(ulong)];
        foreach (object value in fields)
        {
            switch (value)
            {
                case ushort number:
                    BinaryPrimitives.WriteUInt16BigEndian(field, number);
                    bytes.Write(field[..sizeof(ushort)]);
                    break;
                case uint number:
                    BinaryPrimitives.WriteUInt32BigEndian(field, number);
                    bytes.Write(field[..sizeof(uint)]);
                    break;
                case ulong number:
                    BinaryPrimitives.WriteUInt64BigEndian(field, number);
                    bytes.Write(field);
                    break;
                case byte[] text:
                    bytes.Write(text);
                    break;
                default:
                    throw new ArgumentException($"no field of the protocol is a {value.GetType()}", nameof(fields));
            }
        }

        return bytes.ToArray();
    }

    /// <summary>A reply to an option.</summary>
    public static byte[] OptionReply(uint option, uint type, params ReadOnlySpan<object> fields)
    {
        byte[] data = Bytes(fields);
        return Bytes(OptionReplyMagic, option, type, (uint)data.Length, data);
    }

    public static byte[] SimpleReply(ulong cookie, uint error)
    {
        byte[] header = new byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(header, SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), error);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(8), cookie);
        return header;
    }

    public static byte[] ChunkHeader(ulong cookie, ushort type, bool isLast, int length, int room = 0)
    {
        byte[] header = new byte[20 + room];
        BinaryPrimitives.WriteUInt32BigEndian(header, StructuredReplyMagic);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), isLast ? ChunkDone : (ushort)0);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), type);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(8), cookie);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(16), (uint)length);
        return header;
    }

    /// <summary>The head of a data chunk, its offset included.</summary>
    public static byte[] DataHeader(ulong cookie, long offset, int length, bool isLast)
    {
        byte[] header = ChunkHeader(cookie, ChunkData, isLast, length + sizeof(ulong), sizeof(ulong));
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(20), offset);
        return header;
    }

    /// <summary>A whole hole chunk.</summary>
    public static byte[] Hole(ulong cookie, long offset, int length, bool isLast)
    {
        byte[] chunk = ChunkHeader(cookie, ChunkHole, isLast, 12, 12);
        BinaryPrimitives.WriteInt64BigEndian(chunk.AsSpan(20), offset);
        BinaryPrimitives.WriteInt32BigEndian(chunk.AsSpan(28), length);
        return chunk;
    }

    /// <summary>A whole error chunk without a message.</summary>
    public static byte[] Error(ulong cookie, uint error, bool isLast)
    {
        byte[] chunk = ChunkHeader(cookie, ChunkError, isLast, 6, 6);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(20), error);
        return chunk;
    }
}
