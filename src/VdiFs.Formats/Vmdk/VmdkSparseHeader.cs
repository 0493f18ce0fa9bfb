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

    // Version 2 brings grain table entries that mean zeros; libvmdk reads wrong data from them.
    private const uint Version = 1;

    // Bit 0: the newline test is valid; bit 1: the redundant grain directory is used.
    private const uint Flags = 3;

    private static ReadOnlySpan<byte> Magic => "KDMV"u8;

    // Damaged when the file went through a text-mode transfer.
    private static ReadOnlySpan<byte> NewlineTest => "\n \r\n"u8;

    /// <exception cref="ImageFormatException">Magic, version, flags or newline test are others than ours.</exception>
    internal static VmdkSparseHeader Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        if (!source.StartsWith(Magic))
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, "The VMDK header does not start with \"KDMV\".");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        if (version != Version || flags != Flags)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The VMDK header has version {version} and flags 0x{flags:x}; expected {Version} and 0x{Flags:x}.");
        }

        if (!source[73..].StartsWith(NewlineTest))
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
            BinaryPrimitives.ReadUInt64LittleEndian(source[64..]));
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
        // 72: uncleanShutdown 0. 77: compressAlgorithm 0.
        NewlineTest.CopyTo(destination[73..]);
    }
}
