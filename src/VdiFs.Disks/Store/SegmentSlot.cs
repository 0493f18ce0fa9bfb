using System.Buffers.Binary;
using System.IO.Hashing;
using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>What a segment's table says of one block: which one it is, and what its bytes look like. Little-endian. A
/// slot whose length is 0 is empty.</summary>
/// <param name="BlockNumber">The block's number on its disk.</param>
/// <param name="Length">Its bytes, all of a cache block but at the end of the disk.</param>
/// <param name="Checksum">XXH128 of content key, block number, length and bytes.</param>
internal readonly record struct SegmentSlot(long BlockNumber, int Length, UInt128 Checksum)
{
    public const int Size = 32;

    private const int LengthOffset = 8;
    private const int ReservedOffset = 12;
    private const int ChecksumOffset = 16;

    /// <summary>Whether a block of some disk may be described by it.</summary>
    public bool IsUsed => Length is > 0 and <= CacheBlock.SizeBytes && BlockNumber >= 0;

    /// <summary>Describes a block.</summary>
    public static SegmentSlot Of(ReadOnlySpan<byte> contentDigest, long blockNumber, ReadOnlySpan<byte> bytes)
    {
        Span<byte> place = stackalloc byte[ReservedOffset];
        BinaryPrimitives.WriteInt64LittleEndian(place, blockNumber);
        BinaryPrimitives.WriteInt32LittleEndian(place[LengthOffset..], bytes.Length);
        XxHash128 hash = new();
        hash.Append(contentDigest);
        hash.Append(place);
        hash.Append(bytes);
        return new SegmentSlot(blockNumber, bytes.Length, hash.GetCurrentHashAsUInt128());
    }

    public static SegmentSlot Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt64LittleEndian(source),
        BinaryPrimitives.ReadInt32LittleEndian(source[LengthOffset..]),
        BinaryPrimitives.ReadUInt128LittleEndian(source[ChecksumOffset..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination, BlockNumber);
        BinaryPrimitives.WriteInt32LittleEndian(destination[LengthOffset..], Length);
        BinaryPrimitives.WriteInt32LittleEndian(destination[ReservedOffset..], 0);
        BinaryPrimitives.WriteUInt128LittleEndian(destination[ChecksumOffset..], Checksum);
    }
}
