using VdiFs.Formats;
using VdiFs.Formats.Vhd;
using Xunit;

namespace VdiFs.Tests.Formats.Vhd;

public sealed class VhdFooterTests
{
    private static readonly byte[] Golden = Convert.FromHexString(
        "636f6e6563746978" + "00000002" + "00010000" + "0000000000000200" + "3279e640" // cookie .. time stamp
        + "77696e20" + "000a0000" + "5769326b" + "0000000000300000" + "0000000000300000" // creator .. current size
        + "005a0411" + "00000003" + "fffff215" + "6d2f4c1a9b3e4f578a102c5d7e9f1b34" // geometry .. unique id
        + new string('0', 2 * 428));

    private static readonly VhdFooter Footer = new(
        512, 0x3279e640, 3 * 1024 * 1024, new VhdGeometry(90, 4, 17), VhdDiskType.Dynamic, TestDisk.SomeIdentity.Uuid);

    [Fact]
    public void Write_gives_the_bytes_of_the_specification()
    {
        byte[] bytes = new byte[512];
        bytes.AsSpan().Fill(0xEE);
        Footer.Write(bytes);
        Assert.Equal(Golden, bytes);
    }

    [Fact]
    public void Read_gives_back_what_was_written()
    {
        Assert.Equal(Footer, VhdFooter.Read(Golden));
    }

    [Fact]
    public void Read_rejects_every_flipped_bit()
    {
        for (int bit = 0; bit < Golden.Length * 8; bit++)
        {
            byte[] bytes = [.. Golden];
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            ImageFormatException error = Assert.Throws<ImageFormatException>(() => VhdFooter.Read(bytes));
            Assert.Equal(ImageFormatErrorKind.Malformed, error.Kind);
        }
    }

    [Fact]
    public void Read_rejects_a_footer_cut_anywhere()
    {
        for (int length = 0; length < Golden.Length; length++)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => VhdFooter.Read(Golden.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Read_names_the_wrong_checksum_and_the_right_one()
    {
        byte[] bytes = [.. Golden];
        bytes[67]++;
        ImageFormatException error = Assert.Throws<ImageFormatException>(() => VhdFooter.Read(bytes));
        Assert.Equal("The checksum of the VHD footer is 0xfffff216; its bytes give 0xfffff215.", error.Message);
    }

    [Fact]
    public void Read_rejects_another_version()
    {
        byte[] bytes = [.. Golden];
        bytes[13] = 2;
        bytes[67]--;
        ImageFormatException error = Assert.Throws<ImageFormatException>(() => VhdFooter.Read(bytes));
        Assert.Equal("The VHD footer has version 0x00020000; expected 0x00010000.", error.Message);
    }

    [Theory]
    [InlineData("2000-01-01T00:00:00Z", 0u)]
    [InlineData("2000-01-01T00:00:01.9Z", 1u)]
    [InlineData("2026-11-01T13:00:00+01:00", 0x3279e640u)]
    [InlineData("1999-12-31T23:59:59.5Z", 0u)]
    [InlineData("0001-01-01T00:00:00Z", 0u)]
    [InlineData("2136-02-07T06:28:15Z", uint.MaxValue)]
    [InlineData("9999-12-31T00:00:00Z", uint.MaxValue)]
    public void Timestamp_counts_seconds_since_2000_and_stays_in_its_range(string instant, uint expected)
    {
        DateTimeOffset time = DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected, VhdFooter.TimestampOf(time));
    }
}
