using System.Formats.Tar;
using System.Text;
using VdiFs.Formats;
using VdiFs.Formats.Tar;
using Xunit;

namespace VdiFs.Tests.Formats.Tar;

public sealed class TarHeaderTests
{
    private const long LastOctal = (1L << 33) - 1;

    // 1234 bytes of 2026-11-01T12:00:00Z. The checksum is filled in below.
    private static readonly byte[] Golden = Encoding.ASCII.GetBytes(
        "web01.ovf".PadRight(100, '\0') + "0000644\0" + "0000000\0" + "0000000\0" + "00000002322\0" + "15271624700\0"
        + "CHECKSUM" + "0" + new string('\0', 100) + "ustar\0" + "00" + new string('\0', 512 - 265));

    [Fact]
    public void Write_gives_the_bytes_of_the_specification()
    {
        byte[] expected = [.. Golden];
        "        "u8.CopyTo(expected.AsSpan(148));
        int sum = expected.Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(expected, 148);
        byte[] bytes = new byte[512];
        bytes.AsSpan().Fill(0xEE);
        new TarHeader("web01.ovf"u8, 1234, 1793534400).Write(bytes);
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(LastOctal)]
    [InlineData(LastOctal + 1)]
    [InlineData(1L << 46)]
    [InlineData(long.MaxValue)]
    public void Read_gives_back_what_was_written(long length)
    {
        byte[] bytes = Header(length);
        TarHeader header = TarHeader.Read(bytes);
        Assert.Equal("Ref:12/00000007", Encoding.ASCII.GetString(header.Name));
        Assert.Equal(length, header.Length);
        Assert.Equal(1793534400, header.ModificationTime);
        // Base-256 begins where eleven octal digits end.
        Assert.Equal(length > LastOctal, bytes[124] == 0x80);
    }

    [Fact]
    public void The_library_reads_the_same()
    {
        byte[] archive = [.. Header(3), .. "abc"u8, .. new byte[509], .. new byte[TarHeader.EndBytes]];
        using TarReader reader = new(new MemoryStream(archive));
        TarEntry entry = reader.GetNextEntry()!;
        Assert.Equal("Ref:12/00000007", entry.Name);
        Assert.Equal(3, entry.Length);
        Assert.Equal(TarEntryFormat.Ustar, entry.Format);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1793534400), entry.ModificationTime);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            entry.Mode);
        Assert.Null(reader.GetNextEntry());
    }

    [Fact]
    public void Every_flipped_bit_is_refused()
    {
        byte[] good = Header(1048576);
        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            byte[] bytes = [.. good];
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            // Spaces around the digits of the checksum mean as much as zeros in front of them or a NUL behind.
            bool isBlank = bit / 8 is >= 148 and <= 155 && bytes[bit / 8] is (0 or 32);
            if (!isBlank)
            {
                Assert.Equal(ImageFormatErrorKind.Malformed, ReadError(bytes));
            }
        }
    }

    [Theory]
    [InlineData(156, '5')]
    [InlineData(257, 'v')]
    [InlineData(345, 'p')]
    [InlineData(0, '\0')]
    [InlineData(0, '\u007f')]
    [InlineData(124, '8')]
    [InlineData(125, ' ')]
    public void Read_rejects_what_is_no_regular_file(int offset, char value)
    {
        byte[] bytes = Header(5);
        bytes[offset] = (byte)value;
        "        "u8.CopyTo(bytes.AsSpan(148));
        Encoding.ASCII.GetBytes(Convert.ToString(bytes.Sum(one => one), 8).PadLeft(6, '0') + "\0 ").CopyTo(bytes, 148);
        Assert.Equal(ImageFormatErrorKind.Malformed, ReadError(bytes));
    }

    [Fact]
    public void A_name_that_does_not_fit_is_not_written()
    {
        byte[] bytes = new byte[512];
        new TarHeader(new string('n', 99).Select(letter => (byte)letter).ToArray(), 0, 0).Write(bytes);
        Assert.Equal(99, TarHeader.Read(bytes).Name.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TarHeader(new byte[100], 0, 0).Write(bytes));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TarHeader([], 0, 0).Write(bytes));
    }

    [Fact]
    public void Times_outside_the_field_become_its_ends()
    {
        Assert.Equal(0, TarHeader.TimeOf(DateTimeOffset.MinValue));
        Assert.Equal(LastOctal, TarHeader.TimeOf(DateTimeOffset.MaxValue));
        Assert.Equal(1793534400, TarHeader.TimeOf(TestDisk.SomeIdentity.SnapshotTime));
    }

    private static byte[] Header(long length)
    {
        byte[] bytes = new byte[TarHeader.Size];
        new TarHeader("Ref:12/00000007"u8, length, 1793534400).Write(bytes);
        return bytes;
    }

    private static ImageFormatErrorKind ReadError(byte[] bytes) =>
        Assert.Throws<ImageFormatException>(() => TarHeader.Read(bytes)).Kind;
}
