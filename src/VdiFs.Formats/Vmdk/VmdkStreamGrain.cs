using System.Buffers.Binary;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// A grain in a streamOptimized file: its sector on the disk, a length, and a zlib stream (RFC 1950) that holds the
/// grain as two stored deflate blocks (RFC 1951, section 3.2.4). So all grains take the same space, and only the
/// checksum at the end depends on their bytes.
/// </summary>
internal static class VmdkStreamGrain
{
    internal const int GrainBytes = VmdkSparseLayout.GrainBytes;

    /// <summary>Half a grain, so that the data keeps its alignment to pages of the disk.</summary>
    internal const int BlockBytes = GrainBytes / 2;

    /// <summary>The sector, the length, the zlib header and the header of the first block.</summary>
    internal const int FrontBytes = LengthOffset + sizeof(uint) + 2 + BlockHeaderBytes;

    internal const int BlockHeaderBytes = 5;
    internal const int ChecksumBytes = sizeof(uint);

    /// <summary>Everything behind the length field.</summary>
    internal const int StreamBytes = 2 + (2 * (BlockHeaderBytes + BlockBytes)) + ChecksumBytes;

    /// <summary>A record is whole sectors.</summary>
    internal const int PaddingBytes = RecordBytes - LengthOffset - sizeof(uint) - StreamBytes;

    internal const int RecordSectors = 129;
    internal const int RecordBytes = RecordSectors * Sector.Bytes;

    private const int LengthOffset = sizeof(ulong);
    private const int GrainSectors = GrainBytes / Sector.Bytes;

    /// <summary>Deflate with a window of 32 KiB, no dictionary, the fastest level.</summary>
    private static ReadOnlySpan<byte> ZlibHeader => [0x78, 0x01];

    /// <summary>A stored block that is not the last: its length and the complement of it.</summary>
    private static ReadOnlySpan<byte> FirstBlockHeader => [0x00, 0x00, 0x80, 0xFF, 0x7F];

    /// <summary>The same for the last block.</summary>
    internal static ReadOnlySpan<byte> LastBlockHeader => [0x01, 0x00, 0x80, 0xFF, 0x7F];

    internal static void WriteFront(long grain, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination, grain * GrainSectors);
        BinaryPrimitives.WriteInt32LittleEndian(destination[LengthOffset..], StreamBytes);
        destination = destination[(LengthOffset + sizeof(uint))..];
        ZlibHeader.CopyTo(destination);
        FirstBlockHeader.CopyTo(destination[ZlibHeader.Length..]);
    }

    internal static void WriteChecksum(ReadOnlySpan<byte> grain, Span<byte> destination) =>
        BinaryPrimitives.WriteUInt32BigEndian(destination, Adler32.Compute(grain));
}
