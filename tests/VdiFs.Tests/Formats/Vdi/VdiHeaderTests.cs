using VdiFs.Formats;
using VdiFs.Formats.Vdi;
using Xunit;

namespace VdiFs.Tests.Formats.Vdi;

public sealed class VdiHeaderTests
{
    private static readonly byte[] Golden = Convert.FromHexString(
        // "<<< Oracle VM VirtualBox Disk Image >>>\n"
        "3c3c3c204f7261636c6520564d205669727475616c426f78204469736b20496d616765203e3e3e0a" + new string('0', 2 * 24)
        + "7f10dabe" + "01000100" + "90010000" + "01000000" + "00000000" // signature, version, cbHeader, type, flags
        + new string('0', 2 * 256) // comment
        + "00020000" + "00001000" + "00000000" + "00000000" + "00000000" + "00020000" // offsets, legacy geometry
        + "00000000" + "0000800200000000" + "00001000" + "00000000" + "28000000" + "07000000" // disk and block sizes
        + "33221100554477668899aabbccddeeff" + "43221100554477668899aabbccddeeff"
        + "53221100554477668899aabbccddeeff" + "63221100554477668899aabbccddeeff"
        + "000000000000000000000000" + "00020000" // geometry
        + new string('0', 2 * 40));

    private static readonly VdiHeader Header = new()
    {
        ImageType = VdiImageType.Dynamic,
        MapOffset = 512,
        DataOffset = 1 << 20,
        DiskLength = 40 << 20,
        DataBlockBytes = 1 << 20,
        MapEntries = 40,
        StoredBlocks = 7,
        ImageId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        ModificationId = Guid.Parse("00112243-4455-6677-8899-aabbccddeeff"),
        ParentImageId = Guid.Parse("00112253-4455-6677-8899-aabbccddeeff"),
        ParentModificationId = Guid.Parse("00112263-4455-6677-8899-aabbccddeeff"),
    };

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
        Assert.Equal(Header, VdiHeader.Read(Golden));
    }

    [Theory]
    [InlineData(64, "signature")]
    [InlineData(70, "version")]
    [InlineData(73, "header length")]
    [InlineData(361, "sector size")]
    public void Read_rejects_other_signatures_versions_lengths_and_sectors(int offset, string what)
    {
        byte[] bytes = [.. Golden];
        bytes[offset] ^= 4;
        ImageFormatException error = Assert.Throws<ImageFormatException>(() => VdiHeader.Read(bytes));
        Assert.Equal(ImageFormatErrorKind.Malformed, error.Kind);
        Assert.Contains(what, error.Message);
    }

    [Fact]
    public void Read_rejects_a_header_cut_anywhere()
    {
        for (int length = 0; length < Golden.Length; length++)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => VdiHeader.Read(Golden.AsSpan(0, length)));
        }
    }
}
