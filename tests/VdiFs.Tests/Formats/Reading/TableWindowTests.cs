using System.Buffers.Binary;
using VdiFs.Formats;
using VdiFs.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Reading;

public sealed class TableWindowTests
{
    [Theory]
    [InlineData(2, true)]
    [InlineData(2, false)]
    [InlineData(4, true)]
    [InlineData(4, false)]
    [InlineData(8, true)]
    [InlineData(8, false)]
    public void Entries_are_read_in_any_order(int entryBytes, bool isBigEndian)
    {
        const int Count = 40_000;
        byte[] bytes = new byte[3 + Count * entryBytes + 5];
        new Random(entryBytes).NextBytes(bytes);
        TableWindow table = new(new MemoryImage("x", bytes), 3, Count, entryBytes, isBigEndian, "table");
        foreach (int index in new[] { 0, 39_999, 1, 8191, 8192, 16_383, 16_384, 32_768, 20_000, 39_998 })
        {
            byte[] entry = bytes[(3 + index * entryBytes)..(3 + (index + 1) * entryBytes)];
            if (isBigEndian)
            {
                Array.Reverse(entry);
            }

            byte[] value = [.. entry, .. new byte[8 - entryBytes]];
            Assert.Equal(BinaryPrimitives.ReadUInt64LittleEndian(value), table[index]);
            Assert.Equal(3 + index * entryBytes, table.OffsetOf(index));
        }
    }

    [Fact]
    public void Walking_through_a_table_reads_it_once()
    {
        MemoryImage file = new("x", new byte[1_000_000]);
        TableWindow table = new(file, 0, 250_000, 4, isBigEndian: true, "table");
        for (int index = 0; index < 250_000; index++)
        {
            Assert.Equal(0u, table[index]);
        }

        Assert.Equal(1_000_000, file.BytesRead);
    }

    [Theory]
    [InlineData(0, 26)]
    [InlineData(4, 25)]
    [InlineData(101, 0)]
    [InlineData(-4, 1)]
    [InlineData(0, -1)]
    [InlineData(0, long.MaxValue)]
    [InlineData(long.MaxValue, 1)]
    public void A_table_that_leaves_the_file_is_refused(long offset, long count)
    {
        ImageFormatException error = Assert.Throws<ImageFormatException>(
            () => new TableWindow(new MemoryImage("x", new byte[100]), offset, count, 4, isBigEndian: true, "table"));
        Assert.Equal(ImageFormatErrorKind.Malformed, error.Kind);
        Assert.StartsWith($"x: at {offset} (0x{offset:x}): table: expected {count} entries of 4 bytes", error.Message);
    }
}
