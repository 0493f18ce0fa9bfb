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

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(73)]
    [InlineData(76)]
    public void Read_rejects_other_magics_versions_flags_and_newlines(int offset)
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
