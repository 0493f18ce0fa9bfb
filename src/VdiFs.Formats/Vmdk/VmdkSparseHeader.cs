using System.Buffers.Binary;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// The header of a sparse extent (VMware Virtual Disks 5.0, Hosted Sparse Extents: SparseExtentHeader).
/// Little-endian and packed; every offset and size counts sectors.
/// </summary>
/// <param name="Capacity">capacity: sectors of the disk.</param>
/// <param name="GrainSize">grainSize: sectors of a grain.</param>
/// <param name="DescriptorOffset">descriptorOffset: where the embedded descriptor starts.</param>
/// <param name="DescriptorSize">descriptorSize: room for the descriptor.</param>
/// <param name="GrainTableEntries">numGTEsPerGT: entries of one grain table.</param>
/// <param name="RedundantGrainDirectoryOffset">rgdOffset.</param>
/// <param name="GrainDirectoryOffset">gdOffset.</param>
/// <param name="OverHead">overHead: sectors before the first grain.</param>
internal readonly record struct VmdkSparseHeader(
    ulong Capacity,
    ulong GrainSize,
    ulong DescriptorOffset,
    ulong DescriptorSize,
    uint GrainTableEntries,
    ulong RedundantGrainDirectoryOffset,
    ulong GrainDirectoryOffset,
    ulong OverHead)
{
    internal const int Size = 512;

    /// <summary>The version of a monolithicSparse file. 2 brings grain table entries that mean zeros; libvmdk reads
    /// wrong data from them.</summary>
    internal const uint SparseVersion = 1;

    /// <summary>The version of a streamOptimized file: ESXi refuses older ones.</summary>
    internal const uint StreamVersion = 3;

    /// <summary>Flag: the newline test is valid.</summary>
    internal const uint HasNewlineTest = 1;

    /// <summary>Flag: the redundant grain directory is used.</summary>
    internal const uint HasRedundantDirectory = 2;

    /// <summary>Flag: a grain table entry of 1 means zeros.</summary>
    internal const uint HasZeroGrains = 4;

    /// <summary>Flag: grains are compressed.</summary>
    internal const uint HasCompressedGrains = 0x10000;

    /// <summary>Flag: markers stand in front of what is not a grain.</summary>
    internal const uint HasMarkers = 0x20000;

    internal const uint SparseFlags = HasNewlineTest | HasRedundantDirectory;
    internal const uint StreamFlags = HasNewlineTest | HasCompressedGrains | HasMarkers;

    /// <summary>COMPRESSION_DEFLATE.</summary>
    internal const ushort Deflate = 1;

    /// <summary>GD_AT_END: a footer at the end of the file has the place of the grain directory.</summary>
    internal const ulong GrainDirectoryAtEnd = ulong.MaxValue;

    private static ReadOnlySpan<byte> Magic => "KDMV"u8;

    // Damaged when the file went through a text-mode transfer.
    private static ReadOnlySpan<byte> NewlineTest => "\n \r\n"u8;

    /// <summary>version.</summary>
    public uint Version { get; init; } = SparseVersion;

    /// <summary>flags.</summary>
    public uint Flags { get; init; } = SparseFlags;

    /// <summary>uncleanShutdown: not 0 while someone writes, and after he crashed.</summary>
    public byte UncleanShutdown { get; init; }

    /// <summary>compressAlgorithm: 0, or <see cref="Deflate"/>.</summary>
    public ushort CompressAlgorithm { get; init; }

    private static readonly (int End, string Name)[] Fields =
    [
        (4, "magicNumber"), (8, "version"), (12, "flags"), (20, "capacity"), (28, "grainSize"),
        (36, "descriptorOffset"), (44, "descriptorSize"), (48, "numGTEsPerGT"), (56, "rgdOffset"), (64, "gdOffset"),
        (72, "overHead"), (73, "uncleanShutdown"), (77, "newline test"), (79, "compressAlgorithm"),
        (Size, "reserved"),
    ];

    /// <summary>The specification's name of what lies at an offset in a header.</summary>
    internal static string FieldAt(int offset) => Fields.First(field => offset < field.End).Name;

    /// <summary>Whether these bytes begin as a header does.</summary>
    internal static bool IsOne(ReadOnlySpan<byte> source) => source.StartsWith(Magic);

    /// <exception cref="ImageFormatException">The magic is another, or the newline test is damaged.</exception>
    internal static VmdkSparseHeader Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        if (!source.StartsWith(Magic))
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, "The VMDK header does not start with \"KDMV\".");
        }

        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        if ((flags & HasNewlineTest) != 0 && !source[73..].StartsWith(NewlineTest))
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, "The newline test of the VMDK header is damaged.");
        }

        return new VmdkSparseHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(source[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[20..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[28..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[36..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[44..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[56..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[64..]))
        {
            Version = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
            Flags = flags,
            UncleanShutdown = source[72],
            CompressAlgorithm = BinaryPrimitives.ReadUInt16LittleEndian(source[77..]),
        };
    }

    internal void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[12..], Capacity);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[20..], GrainSize);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[28..], DescriptorOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[36..], DescriptorSize);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[44..], GrainTableEntries);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[48..], RedundantGrainDirectoryOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[56..], GrainDirectoryOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[64..], OverHead);
        destination[72] = UncleanShutdown;
        NewlineTest.CopyTo(destination[73..]);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[77..], CompressAlgorithm);
    }
}
