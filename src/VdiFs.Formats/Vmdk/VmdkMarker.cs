using System.Buffers.Binary;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// The sector in front of everything in a streamOptimized file that is not a grain (VMware Virtual Disks 5.0, Stream-
/// Optimized Compressed Sparse Extents: MetaDataMarker). A sector of zeros is the last one, the end of the stream.
/// </summary>
/// <param name="Sectors">numSectors: how many follow.</param>
/// <param name="Type">What follows.</param>
internal readonly record struct VmdkMarker(ulong Sectors, VmdkMarkerType Type)
{
    internal const int Size = Sector.Bytes;

    /// <exception cref="ImageFormatException">It is the header of a grain, or no type is known.</exception>
    internal static VmdkMarker Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        uint grainBytes = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        uint type = BinaryPrimitives.ReadUInt32LittleEndian(source[12..]);
        return grainBytes == 0 && type <= (uint)VmdkMarkerType.Footer
            ? new VmdkMarker(BinaryPrimitives.ReadUInt64LittleEndian(source), (VmdkMarkerType)type)
            : throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The VMDK marker has size {grainBytes} and type {type}; expected size 0 and a type up to "
                + $"{(uint)VmdkMarkerType.Footer}.");
    }

    internal void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Sectors);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], (uint)Type);
    }
}
