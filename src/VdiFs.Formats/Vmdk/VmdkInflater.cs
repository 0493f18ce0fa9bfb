using System.Buffers.Binary;
#pragma warning disable RS0030 // The library's inflater works on streams; these lie in memory, there is no I/O.
using System.IO.Compression;

namespace VdiFs.Formats.Vmdk;

/// <summary>Takes a compressed grain apart, whoever compressed it.</summary>
internal static class VmdkInflater
{
    /// <summary>Fills <paramref name="grain"/> from a zlib stream that is in memory whole.</summary>
    /// <returns>How many bytes it holds; -1 when it is damaged or holds more than that.</returns>
    internal static int Inflate(byte[] stream, int streamBytes, byte[] grain)
    {
        const int ChecksumBytes = sizeof(uint);
        if (streamBytes < ChecksumBytes)
        {
            return -1;
        }

        try
        {
            using MemoryStream compressed = new(stream, 0, streamBytes, writable: false);
            using ZLibStream zlib = new(compressed, CompressionMode.Decompress);
            int count = zlib.ReadAtLeast(grain, grain.Length, throwOnEndOfStream: false);
            if (count == grain.Length && zlib.ReadByte() >= 0)
            {
                return -1;
            }

            // The library does not look at a checksum that is cut off.
            uint checksum = BinaryPrimitives.ReadUInt32BigEndian(stream.AsSpan(streamBytes - ChecksumBytes));
            return checksum == Adler32.Compute(grain.AsSpan(0, count)) ? count : -1;
        }
        catch (Exception damage) when (damage is InvalidDataException or IOException)
        {
            return -1;
        }
    }
}
