using System.Buffers.Binary;

namespace VdiFs.Fuzz.Wire;

/// <summary>A request that the client has sent.</summary>
/// <param name="Command">0 for READ, 7 for BLOCK_STATUS.</param>
/// <param name="Cookie">The client's.</param>
/// <param name="Offset">Disk offset in bytes.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct SentRequest(int Command, ulong Cookie, ulong Offset, uint Length)
{
    public const int Size = 28;

    /// <summary>Whether these bytes are requests; else they belong to the handshake.</summary>
    public static bool IsRequest(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= Size && BinaryPrimitives.ReadUInt32BigEndian(bytes) == 0x25609513;

    public static SentRequest Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt16BigEndian(source[6..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[16..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[24..]));
}
