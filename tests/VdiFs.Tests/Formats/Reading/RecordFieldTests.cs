using VdiFs.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Reading;

public sealed class RecordFieldTests
{
    private static readonly RecordField[] Fields = [new(0, 2, "cookie"), new(4, 4, "size")];

    [Fact]
    public void Every_flipped_byte_is_found_in_its_field()
    {
        byte[] expected = [.. Enumerable.Range(1, 10).Select(value => (byte)value)];
        MemoryImage file = new("x", []);
        for (int index = 0; index < expected.Length; index++)
        {
            byte[] found = [.. expected];
            found[index] = 0xEE;
            ImageFault fault = Assert.Single(RecordField.Compare(file, 100, "header", Fields, expected, found));
            Assert.Equal(
                index switch { < 2 => (100, "cookie"), 4 or 5 or 6 or 7 => (104, "size"), _ => (100 + index, "reserved") },
                (fault.FileOffset, fault.What["header, ".Length..]));
            Assert.Contains("ee", fault.Found, StringComparison.Ordinal);
        }

        Assert.Empty(RecordField.Compare(file, 100, "header", Fields, expected, expected));
    }

    [Fact]
    public void Padding_that_is_not_what_it_must_be_is_found()
    {
        byte[] bytes = new byte[200_000];
        bytes[150_000] = 7;
        MemoryImage file = new("x", bytes);
        Assert.Null(FixedBytes.Find(file, 0, 150_000, 0, "padding"));
        Assert.Null(FixedBytes.Find(file, 150_001, 49_999, 0, "padding"));
        Assert.Null(FixedBytes.Find(file, 150_000, 0, 0, "padding"));
        Assert.Equal(
            new ImageFault("x", 150_000, "padding", "0x00", "0x07"), FixedBytes.Find(file, 10, 199_990, 0, "padding"));
        Assert.Equal(new ImageFault("x", 150_001, "ones", "0xff", "0x00"), FixedBytes.Find(file, 150_001, 5, 255, "ones"));
    }
}
