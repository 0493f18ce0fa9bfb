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
            AssertIsThatOfZlib([.. Enumerable.Repeat(fill, length)]);
        }
    }

    /// <summary>Whole vectors and parts of them, and bytes that are told from each other.</summary>
    [Fact]
    public void Sums_of_any_length_are_those_of_zlib()
    {
        byte[] bytes = new byte[12_000];
        new Random(1).NextBytes(bytes);
        foreach (int length in (int[])[.. Enumerable.Range(0, 100), .. Enumerable.Range(5500, 100), 11_103, 11_999])
        {
            AssertIsThatOfZlib(bytes.AsSpan(length % 7, length));
        }
    }

    private static void AssertIsThatOfZlib(ReadOnlySpan<byte> bytes)
    {
        using MemoryStream compressed = new();
        using (ZLibStream zlib = new(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        uint expected = bytes.IsEmpty ? 1 : BinaryPrimitives.ReadUInt32BigEndian(compressed.ToArray().AsSpan()[^4..]);
        Assert.Equal(expected, Adler32.Compute(bytes));
    }
}
