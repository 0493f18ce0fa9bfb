using System.IO.Compression;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Qcow2;

/// <summary>Where the deflated bytes of a cluster are (docs/interop/qcow2.txt, Compressed Clusters Descriptor).</summary>
/// <param name="FileOffset">Any byte of the file.</param>
/// <param name="Length">At most that many bytes; they end somewhere in the last sector.</param>
internal readonly record struct CompressedCluster(long FileOffset, int Length)
{
    private const int DescriptorBits = 62;

    internal static CompressedCluster Read(ulong entry, int clusterBits)
    {
        int offsetBits = DescriptorBits - (clusterBits - 8);
        long offset = (long)(entry & (1UL << offsetBits) - 1);
        long moreSectors = (long)((entry & (1UL << DescriptorBits) - 1) >> offsetBits);
        return new CompressedCluster(
            offset, (int)((moreSectors + 1) * Sector.Bytes - offset % Sector.Bytes));
    }

    /// <summary>Fills a whole cluster.</summary>
    /// <exception cref="ImageFormatException">The bytes are not in the file, or are no deflated cluster.</exception>
    internal void Inflate(IImageBytes file, byte[] destination)
    {
        if (FileOffset >= file.Length)
        {
            throw Qcow2Image.Malformed(
                file, FileOffset, "compressed cluster", $"a place in the {file.Length} bytes of the file", "none");
        }

        // The last sector need not be there in full.
        byte[] source = new byte[Math.Min(Length, file.Length - FileOffset)];
        file.Read(FileOffset, source);
#pragma warning disable RS0030 // Inflating bytes that are in memory is arithmetic; the library has it only as a stream.
        try
        {
            using DeflateStream stream = new(new System.IO.MemoryStream(source), CompressionMode.Decompress);
            stream.ReadExactly(destination);
        }
        catch (Exception error) when (error is System.IO.InvalidDataException or System.IO.EndOfStreamException)
        {
            throw Qcow2Image.Malformed(
                file, FileOffset, "compressed cluster", $"{destination.Length} bytes when inflated", error.Message);
        }
#pragma warning restore RS0030
    }
}
