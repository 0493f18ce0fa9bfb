using VdiFs.Formats;
using VdiFs.Formats.Vmdk;
using Xunit;

namespace VdiFs.Tests.Formats.Vmdk;

public sealed class VmdkSparseHeaderTests
{
    private static readonly byte[] Golden = Convert.FromHexString(
        "4b444d56" + "01000000" + "03000000" + "0020030000000000" + "8000000000000000" // magic .. grainSize
        + "0100000000000000" + "1400000000000000" + "00020000" // descriptorOffset, descriptorSize, numGTEsPerGT
        + "1500000000000000" + "2600000000000000" + "8000000000000000" // rgdOffset, gdOffset, overHead
        + "00" + "0a200d0a" + "0000" // uncleanShutdown, newline test, compressAlgorithm
        + new string('0', 2 * 433));

    private static readonly VmdkSparseHeader Header = new(204_800, 128, 1, 20, 512, 21, 38, 128);

    [Fact]
    public void Write_gives_the_bytes_of_the_specification()
    {
        byte[] bytes = new byte[512];
        bytes.AsSpan().Fill(0xEE);
        Header.Write(bytes);
        Assert.Equal(Golden, bytes);
    }

    [Fact]
    public void Read_gives_back_what_was_written()
    {
        Assert.Equal(Header, VmdkSparseHeader.Read(Golden));
    }

    [Fact]
    public void A_stream_s_header_has_another_version_and_flags()
    {
        VmdkSparseHeader header = Header with { Version = 3, Flags = 0x30001, CompressAlgorithm = 1 };
        byte[] expected = [.. Golden];
        expected[4] = 3;
        "\u0001\0\u0003\0"u8.CopyTo(expected.AsSpan(8));
        expected[77] = 1;
        byte[] bytes = new byte[512];
        header.Write(bytes);
        Assert.Equal(expected, bytes);
        Assert.Equal(header, VmdkSparseHeader.Read(bytes));
    }

    [Fact]
    public void A_newline_test_that_is_not_announced_is_none()
    {
        byte[] bytes = [.. Golden];
        bytes[8] = 2;
        bytes.AsSpan(73, 4).Clear();
        Assert.Equal(Header with { Flags = 2 }, VmdkSparseHeader.Read(bytes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(73)]
    [InlineData(76)]
    public void Read_rejects_other_magics_and_newlines(int offset)
    {
        byte[] bytes = [.. Golden];
        bytes[offset] ^= 4;
        ImageFormatException error = Assert.Throws<ImageFormatException>(() => VmdkSparseHeader.Read(bytes));
        Assert.Equal(ImageFormatErrorKind.Malformed, error.Kind);
    }

    [Fact]
    public void Read_rejects_a_header_cut_anywhere()
    {
        for (int length = 0; length < Golden.Length; length++)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => VmdkSparseHeader.Read(Golden.AsSpan(0, length)));
        }
    }
}
