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
    [InlineData(2, true)]
    [InlineData(2, false)]
    [InlineData(4, true)]
    [InlineData(4, false)]
    [InlineData(8, true)]
    [InlineData(8, false)]
    public void Other_entries_are_found_wherever_they_are(int entryBytes, bool isBigEndian)
    {
        const int Count = 40_000;
        const ulong Value = 0x1234;
        byte[] bytes = new byte[3 + Count * entryBytes + 5];
        for (int index = 0; index < Count; index++)
        {
            SetEntry(index, Value);
        }

        int[] others = [0, 1, 8190, 8191, 8192, 16_383, 16_384, 20_000, 32_767, 32_768, 39_998, 39_999];
        foreach ((int rank, int other) in others.Index())
        {
            // Every byte of an entry counts, and one that is right in the other order is none.
            SetEntry(other, rank % 2 == 0 ? 0x3412 : Value ^ (1UL << (rank * 8 % (entryBytes * 8))));
        }

        TableWindow table = new(new MemoryImage("x", bytes), 3, Count, entryBytes, isBigEndian, "table");
        List<long> found = [];
        for (long next = table.NextOther(0, Value); next < Count; next = table.NextOther(next + 1, Value))
        {
            found.Add(next);
        }

        Assert.Equal(others.Select(other => (long)other), found);
        Assert.Equal(Count, table.NextOther(Count, Value));
        Assert.Equal(20_000, table.NextOther(16_385, Value));

        void SetEntry(int index, ulong value)
        {
            byte[] entry = BitConverter.GetBytes(value)[..entryBytes];
            if (isBigEndian)
            {
                Array.Reverse(entry);
            }

            entry.CopyTo(bytes, 3 + index * entryBytes);
        }
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
