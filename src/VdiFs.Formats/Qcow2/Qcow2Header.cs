using System.Buffers.Binary;

namespace VdiFs.Formats.Qcow2;

/// <summary>
/// The header of a QCOW2 image (qemu, docs/interop/qcow2.txt, General). Big-endian; offsets and lengths count bytes.
/// </summary>
internal readonly record struct Qcow2Header
{
    /// <summary>With the compression type and its padding.</summary>
    internal const int Size = 112;

    /// <summary>What version 2 has of it.</summary>
    internal const int SizeOfVersion2 = 72;

    /// <summary>Version 3 without the compression type.</summary>
    internal const int MinSizeOfVersion3 = 104;

    // What version 2 has without saying so: counts of 16 bits.
    private const uint DefaultRefcountOrder = 4;

    /// <summary>"QFI" and a byte that no text has.</summary>
    internal static ReadOnlySpan<byte> Magic => [(byte)'Q', (byte)'F', (byte)'I', 0xFB];

    /// <summary>version: 2 or 3.</summary>
    internal required uint Version { get; init; }

    /// <summary>backing_file_offset: where the parent's name is; 0 without a parent.</summary>
    internal ulong BackingFileOffset { get; init; }

    /// <summary>backing_file_size: bytes of the parent's name.</summary>
    internal uint BackingFileSize { get; init; }

    /// <summary>cluster_bits.</summary>
    internal required uint ClusterBits { get; init; }

    /// <summary>size: bytes of the disk.</summary>
    internal required ulong DiskLength { get; init; }

    /// <summary>crypt_method: 0 for none.</summary>
    internal uint CryptMethod { get; init; }

    /// <summary>l1_size: entries of the L1 table.</summary>
    internal required uint L1Size { get; init; }

    /// <summary>l1_table_offset.</summary>
    internal required ulong L1TableOffset { get; init; }

    /// <summary>refcount_table_offset.</summary>
    internal required ulong RefcountTableOffset { get; init; }

    /// <summary>refcount_table_clusters.</summary>
    internal required uint RefcountTableClusters { get; init; }

    /// <summary>nb_snapshots.</summary>
    internal uint SnapshotCount { get; init; }

    /// <summary>snapshots_offset.</summary>
    internal ulong SnapshotsOffset { get; init; }

    /// <summary>incompatible_features.</summary>
    internal ulong IncompatibleFeatures { get; init; }

    /// <summary>compatible_features.</summary>
    internal ulong CompatibleFeatures { get; init; }

    /// <summary>autoclear_features.</summary>
    internal ulong AutoclearFeatures { get; init; }

    /// <summary>refcount_order: a count has 2 to the power of this many bits.</summary>
    internal required uint RefcountOrder { get; init; }

    /// <summary>header_length: where the header extensions start.</summary>
    internal required uint HeaderLength { get; init; }

    /// <summary>compression_type: 0 for deflate, 1 for zstd.</summary>
    internal byte CompressionType { get; init; }

    /// <exception cref="ImageFormatException">The magic or the version is another.</exception>
    internal static Qcow2Header Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        if (!source.StartsWith(Magic))
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, "The QCOW2 header does not start with \"QFI\" and 0xfb.");
        }

        uint version = BinaryPrimitives.ReadUInt32BigEndian(source[4..]);
        if (version is not (2 or 3))
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, $"The QCOW2 header has version {version}; expected 2 or 3.");
        }

        Qcow2Header common = new()
        {
            Version = version,
            BackingFileOffset = BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
            BackingFileSize = BinaryPrimitives.ReadUInt32BigEndian(source[16..]),
            ClusterBits = BinaryPrimitives.ReadUInt32BigEndian(source[20..]),
            DiskLength = BinaryPrimitives.ReadUInt64BigEndian(source[24..]),
            CryptMethod = BinaryPrimitives.ReadUInt32BigEndian(source[32..]),
            L1Size = BinaryPrimitives.ReadUInt32BigEndian(source[36..]),
            L1TableOffset = BinaryPrimitives.ReadUInt64BigEndian(source[40..]),
            RefcountTableOffset = BinaryPrimitives.ReadUInt64BigEndian(source[48..]),
            RefcountTableClusters = BinaryPrimitives.ReadUInt32BigEndian(source[56..]),
            SnapshotCount = BinaryPrimitives.ReadUInt32BigEndian(source[60..]),
            SnapshotsOffset = BinaryPrimitives.ReadUInt64BigEndian(source[64..]),
            RefcountOrder = DefaultRefcountOrder,
            HeaderLength = SizeOfVersion2,
        };
        return version == 2 ? common : ReadVersion3(common, source);
    }

    /// <summary>Writes a header of version 3.</summary>
    internal void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Version);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], BackingFileOffset);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], BackingFileSize);
        BinaryPrimitives.WriteUInt32BigEndian(destination[20..], ClusterBits);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], DiskLength);
        BinaryPrimitives.WriteUInt32BigEndian(destination[32..], CryptMethod);
        BinaryPrimitives.WriteUInt32BigEndian(destination[36..], L1Size);
        BinaryPrimitives.WriteUInt64BigEndian(destination[40..], L1TableOffset);
        BinaryPrimitives.WriteUInt64BigEndian(destination[48..], RefcountTableOffset);
        BinaryPrimitives.WriteUInt32BigEndian(destination[56..], RefcountTableClusters);
        BinaryPrimitives.WriteUInt32BigEndian(destination[60..], SnapshotCount);
        BinaryPrimitives.WriteUInt64BigEndian(destination[64..], SnapshotsOffset);
        BinaryPrimitives.WriteUInt64BigEndian(destination[72..], IncompatibleFeatures);
        BinaryPrimitives.WriteUInt64BigEndian(destination[80..], CompatibleFeatures);
        BinaryPrimitives.WriteUInt64BigEndian(destination[88..], AutoclearFeatures);
        BinaryPrimitives.WriteUInt32BigEndian(destination[96..], RefcountOrder);
        BinaryPrimitives.WriteUInt32BigEndian(destination[100..], HeaderLength);
        destination[104] = CompressionType;
    }

    private static Qcow2Header ReadVersion3(Qcow2Header common, ReadOnlySpan<byte> source)
    {
        uint headerLength = BinaryPrimitives.ReadUInt32BigEndian(source[100..]);
        return common with
        {
            IncompatibleFeatures = BinaryPrimitives.ReadUInt64BigEndian(source[72..]),
            CompatibleFeatures = BinaryPrimitives.ReadUInt64BigEndian(source[80..]),
            AutoclearFeatures = BinaryPrimitives.ReadUInt64BigEndian(source[88..]),
            RefcountOrder = BinaryPrimitives.ReadUInt32BigEndian(source[96..]),
            HeaderLength = headerLength,
            CompressionType = headerLength > MinSizeOfVersion3 ? source[104] : (byte)0,
        };
    }
}
