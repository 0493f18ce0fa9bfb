using CsCheck;
using VdiFs.Formats.Allocation;
using Xunit;

namespace VdiFs.Tests.Formats.Allocation;

public sealed class AllocationMapBuilderTests
{
    [Fact]
    public void Mark_allocates_every_granule_that_a_range_touches()
    {
        const int Length = 200_001;
        Gen.Select(Gen.Int[0, Length], Gen.Int[0, Length]).Array[0, 6].Sample(
            ranges =>
            {
                AllocationMapBuilder builder = new(Length, 512);
                bool[] expected = new bool[(Length + 511) / 512];
                foreach ((int offset, int wanted) in ranges)
                {
                    int length = Math.Min(wanted, Length - offset);
                    builder.Mark(offset, length);
                    for (int at = offset; at < offset + length; at++)
                    {
                        expected[at / 512] = true;
                    }
                }

                AllocationMap map = builder.Build();
                Assert.Equal(
                    expected, Enumerable.Range(0, expected.Length).Select(granule => map.IsAllocated(granule)));
            },
            iter: 200);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(0, 1001)]
    [InlineData(1000, 1)]
    [InlineData(1001, 0)]
    [InlineData(1, long.MaxValue)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public void Mark_refuses_a_range_that_leaves_the_disk(long offset, long length)
    {
        AllocationMapBuilder builder = new(1000, 512);
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Mark(offset, length));
        Assert.Equal(0, builder.Build().AllocatedGranules);
    }

    [Fact]
    public void Mark_of_nothing_allocates_nothing()
    {
        AllocationMapBuilder builder = new(1000, 512);
        builder.Mark(0, 0);
        builder.Mark(1000, 0);
        Assert.Equal(0, builder.Build().AllocatedGranules);
    }

    [Fact]
    public void A_built_map_can_no_longer_be_changed()
    {
        AllocationMapBuilder builder = new(1000, 512);
        builder.Build();
        Assert.Throws<InvalidOperationException>(() => builder.Mark(0, 1));
        Assert.Throws<InvalidOperationException>(builder.Build);
    }

    [Fact]
    public void A_size_that_no_server_has_is_refused_before_memory_is_taken()
    {
        ArgumentOutOfRangeException? error = null;
        long taken = Allocated.BytesBy(() => error =
            Assert.Throws<ArgumentOutOfRangeException>(() => new AllocationMapBuilder(long.MaxValue, 65536)));
        Assert.InRange(taken, 0, 65536);
        Assert.Contains("a map holds at most 4294967296", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_negative_length_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllocationMapBuilder(-1, 65536));
    }
}
