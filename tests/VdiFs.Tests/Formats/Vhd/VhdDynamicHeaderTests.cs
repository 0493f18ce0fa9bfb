using VdiFs.Formats;
using VdiFs.Formats.Vhd;
using Xunit;

namespace VdiFs.Tests.Formats.Vhd;

public sealed class VhdDynamicHeaderTests
{
    private static readonly byte[] Golden = Convert.FromHexString(
        "6378737061727365" + "ffffffffffffffff" + "0000000000000600" + "00010000" + "00000002" + "00200000" + "fffff475"
        + new string('0', 2 * 984));

    private static readonly VhdDynamicHeader Header = new(1536, 2, 2 * 1024 * 1024);

    [Fact]
    public void Write_gives_the_bytes_of_the_specification()
    {
        byte[] bytes = new byte[1024];
        bytes.AsSpan().Fill(0xEE);
        Header.Write(bytes);
        Assert.Equal(Golden, bytes);
    }

    [Fact]
    public void Read_gives_back_what_was_written()
    {
        Assert.Equal(Header, VhdDynamicHeader.Read(Golden));
    }

    [Fact]
    public void Write_and_Read_of_a_header_with_a_parent_agree_with_the_specification()
    {
        VhdParentReference parent = new(TestDisk.SomeIdentity.Uuid, 0x3279e640, "b.vhd");
        VhdDynamicHeader header = new(1536, 2, 2 * 1024 * 1024, parent);
        VhdParentLocator locator = new(VhdParentLocator.RelativeWindowsPath, 1, 14, 2048);
        byte[] bytes = new byte[1024];
        bytes.AsSpan().Fill(0xEE);
        header.Write(bytes, locator);
        Assert.Equal(
            "6378737061727365" + "ffffffffffffffff" + "0000000000000600" + "00010000" + "00000002" + "00200000",
            Convert.ToHexStringLower(bytes.AsSpan(0, 36)));
        Assert.Equal(
            "6d2f4c1a9b3e4f578a102c5d7e9f1b34" + "3279e640" + "00000000" + "0062002e007600680064",
            Convert.ToHexStringLower(bytes.AsSpan(40, 34)));
        Assert.All(bytes[74..576], value => Assert.Equal(0, value));
        Assert.Equal(
            "57327275" + "00000001" + "0000000e" + "00000000" + "0000000000000800",
            Convert.ToHexStringLower(bytes.AsSpan(576, 24)));
        Assert.All(bytes[600..], value => Assert.Equal(0, value));
        Assert.Equal(header, VhdDynamicHeader.Read(bytes));
        Assert.Equal(locator, VhdParentLocator.Read(bytes.AsSpan(576)));
    }

    [Fact]
    public void Read_rejects_every_flipped_bit()
    {
        for (int bit = 0; bit < Golden.Length * 8; bit++)
        {
            byte[] bytes = [.. Golden];
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            ImageFormatException error = Assert.Throws<ImageFormatException>(() => VhdDynamicHeader.Read(bytes));
            Assert.Equal(ImageFormatErrorKind.Malformed, error.Kind);
        }
    }

    [Fact]
    public void Read_rejects_a_header_cut_anywhere()
    {
        for (int length = 0; length < Golden.Length; length++)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => VhdDynamicHeader.Read(Golden.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Read_rejects_another_version()
    {
        byte[] bytes = [.. Golden];
        bytes[25] = 2;
        bytes[39]--;
        ImageFormatException error = Assert.Throws<ImageFormatException>(() => VhdDynamicHeader.Read(bytes));
        Assert.Equal("The VHD dynamic header has version 0x00020000; expected 0x00010000.", error.Message);
    }
}
