using System.Buffers.Binary;

namespace VdiFs.Formats.Vhd;

/// <summary>
/// The footer at the end of every VHD, copied to the front of a dynamic one (VHD specification, Hard Disk Footer
/// Format).
/// </summary>
/// <param name="DataOffset">The file offset of the dynamic header; <see cref="NoDataOffset"/> for a fixed disk.</param>
/// <param name="Timestamp">Seconds since 2000-01-01 00:00 UTC.</param>
/// <param name="CurrentSize">The disk's bytes, a multiple of 512; the original size is written equal to it.</param>
/// <param name="Geometry">Cylinders, heads and sectors per track.</param>
/// <param name="DiskType">Which kind of VHD.</param>
/// <param name="UniqueId">The uuid, in RFC byte order.</param>
internal readonly record struct VhdFooter(
    ulong DataOffset, uint Timestamp, ulong CurrentSize, VhdGeometry Geometry, VhdDiskType DiskType, Guid UniqueId)
{
    internal const int Size = 512;

    /// <summary>The data offset of a fixed disk.</summary>
    internal const ulong NoDataOffset = ulong.MaxValue;

    private const uint Features = 0x00000002; // The reserved bit, which must always be 1.
    private const uint FileFormatVersion = 0x00010000;

    // For any creator that qemu 7.2 does not know it takes the size from the geometry and cuts the disk short.
    private const uint CreatorVersion = 0x000A0000;

    private const int ChecksumOffset = 64;

    // 2000-01-01 00:00 UTC.
    private static readonly DateTimeOffset TimestampEpoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static ReadOnlySpan<byte> Cookie => "conectix"u8;

    private static ReadOnlySpan<byte> CreatorApplication => "win "u8;

    private static ReadOnlySpan<byte> CreatorHostOs => "Wi2k"u8;

    /// <summary>The time stamp for an instant; instants it cannot express become the nearest one it can.</summary>
    internal static uint TimestampOf(DateTimeOffset instant) =>
        (uint)Math.Clamp((instant.UtcTicks - TimestampEpoch.UtcTicks) / TimeSpan.TicksPerSecond, 0, uint.MaxValue);

    /// <summary>The instant of a time stamp.</summary>
    internal static DateTimeOffset InstantOf(uint timestamp) => TimestampEpoch.AddSeconds(timestamp);

    /// <summary>Whether the bytes may be a footer at all.</summary>
    internal static bool HasCookie(ReadOnlySpan<byte> source) => source.StartsWith(Cookie);

    /// <exception cref="ImageFormatException">Cookie, version or checksum are wrong.</exception>
    internal static VhdFooter Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        if (!HasCookie(source))
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, "The VHD footer does not start with the cookie \"conectix\".");
        }

        VhdChecksum.Verify(source, ChecksumOffset, "footer");
        uint version = BinaryPrimitives.ReadUInt32BigEndian(source[12..]);
        if (version != FileFormatVersion)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The VHD footer has version 0x{version:x8}; expected 0x{FileFormatVersion:x8}.");
        }

        return new VhdFooter(
            BinaryPrimitives.ReadUInt64BigEndian(source[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[24..]),
            BinaryPrimitives.ReadUInt64BigEndian(source[48..]),
            VhdGeometry.Read(source[56..]),
            (VhdDiskType)BinaryPrimitives.ReadUInt32BigEndian(source[60..]),
            new Guid(source.Slice(68, 16), bigEndian: true));
    }

    internal void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        Cookie.CopyTo(destination);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Features);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], FileFormatVersion);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], DataOffset);
        BinaryPrimitives.WriteUInt32BigEndian(destination[24..], Timestamp);
        CreatorApplication.CopyTo(destination[28..]);
        BinaryPrimitives.WriteUInt32BigEndian(destination[32..], CreatorVersion);
        CreatorHostOs.CopyTo(destination[36..]);
        BinaryPrimitives.WriteUInt64BigEndian(destination[40..], CurrentSize);
        BinaryPrimitives.WriteUInt64BigEndian(destination[48..], CurrentSize);
        Geometry.Write(destination[56..]);
        BinaryPrimitives.WriteUInt32BigEndian(destination[60..], (uint)DiskType);
        UniqueId.TryWriteBytes(destination[68..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(
            destination[ChecksumOffset..], VhdChecksum.Compute(destination, ChecksumOffset));
    }
}
