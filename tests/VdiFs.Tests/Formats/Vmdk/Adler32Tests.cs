using System.Buffers.Binary;
using System.IO.Compression;
using VdiFs.Formats.Vmdk;
using Xunit;

namespace VdiFs.Tests.Formats.Vmdk;

public sealed class Adler32Tests
{
    [Fact]
    public void Known_sums()
    {
        Assert.Equal(1u, Adler32.Compute([]));
        Assert.Equal(0x11E60398u, Adler32.Compute("Wikipedia"u8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5551)]
    [InlineData(5552)]
    [InlineData(5553)]
    [InlineData(65536)]
    public void Sums_are_those_of_zlib(int length)
    {
        foreach (byte fill in new byte[] { 0, 1, 0xFF })
        {
            byte[] bytes = [.. Enumerable.Repeat(fill, length)];
            using MemoryStream compressed = new();
            using (ZLibStream zlib = new(compressed, CompressionLevel.Fastest, leaveOpen: true))
            {
                zlib.Write(bytes);
            }

            Assert.Equal(
                BinaryPrimitives.ReadUInt32BigEndian(compressed.ToArray().AsSpan()[^4..]), Adler32.Compute(bytes));
        }
    }
}
