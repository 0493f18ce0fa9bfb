using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>
/// The head of a segment, a file with blocks of one content: magic, version, size of a block, number of slots, content,
/// XXH3 of all that. Little-endian. Behind it comes the table of slots, and behind that the blocks, each in the place of
/// its slot.
/// </summary>
/// <param name="Slots">How many blocks the segment can hold, 1 to <see cref="MaximumSlots"/>.</param>
/// <param name="Content">The content its blocks are of, as <see cref="ContentKey.Content"/>.</param>
internal readonly record struct SegmentHeader(int Slots, string Content)
{
    public const int Size = 64;

    /// <summary>1 GiB of blocks.</summary>
    public const int MaximumSlots = 16 * 1024;

    private const int Version = 1;
    private const int PageBytes = 4096;
    private const int VersionOffset = 8;
    private const int BlockBytesOffset = 12;
    private const int SlotsOffset = 16;
    private const int ReservedOffset = 20;
    private const int ContentOffset = 24;
    private const int ChecksumOffset = ContentOffset + SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Magic => "VDIFSBLK"u8;

    /// <summary>Header and table, up to the first block.</summary>
    public int HeadBytes => (Size + (Slots * SegmentSlot.Size) + PageBytes - 1) / PageBytes * PageBytes;

    /// <summary>The whole file.</summary>
    public long FileBytes => BlockOffset(Slots);

    /// <summary>Where a slot is described.</summary>
    public static long SlotOffset(int slot) => Size + ((long)slot * SegmentSlot.Size);

    /// <summary>Where a slot's bytes begin.</summary>
    public long BlockOffset(int slot) => HeadBytes + ((long)slot * CacheBlock.SizeBytes);

    /// <summary>Reads a header; null for anything that is none of this version.</summary>
    public static SegmentHeader? Read(ReadOnlySpan<byte> source)
    {
        if (source.Length < Size
            || !source.StartsWith(Magic)
            || BinaryPrimitives.ReadInt32LittleEndian(source[VersionOffset..]) != Version
            || BinaryPrimitives.ReadInt32LittleEndian(source[BlockBytesOffset..]) != CacheBlock.SizeBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(source[ChecksumOffset..])
                != XxHash3.HashToUInt64(source[..ChecksumOffset]))
        {
            return null;
        }

        int slots = BinaryPrimitives.ReadInt32LittleEndian(source[SlotsOffset..]);
        return slots is >= 1 and <= MaximumSlots
            ? new SegmentHeader(slots, Convert.ToHexStringLower(source[ContentOffset..ChecksumOffset]))
            : null;
    }

    public void Write(Span<byte> destination)
    {
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteInt32LittleEndian(destination[VersionOffset..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(destination[BlockBytesOffset..], CacheBlock.SizeBytes);
        BinaryPrimitives.WriteInt32LittleEndian(destination[SlotsOffset..], Slots);
        BinaryPrimitives.WriteInt32LittleEndian(destination[ReservedOffset..], 0);
        Convert.FromHexString(Content, destination[ContentOffset..], out _, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(
            destination[ChecksumOffset..], XxHash3.HashToUInt64(destination[..ChecksumOffset]));
    }
}
