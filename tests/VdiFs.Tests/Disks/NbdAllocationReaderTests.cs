using VdiFs.Disks.Servers;
using VdiFs.Formats.Allocation;
using VdiFs.Nbd;
using Xunit;

namespace VdiFs.Tests.Disks;

public sealed class NbdAllocationReaderTests
{
    private const int Granule = AllocationMap.DefaultGranuleBytes;

    [Theory]
    [InlineData(NbdExtentFlags.None, true)]
    [InlineData(NbdExtentFlags.Hole, true)]
    [InlineData(NbdExtentFlags.Zero, false)]
    [InlineData(NbdExtentFlags.Hole | NbdExtentFlags.Zero, false)]
    public void Only_what_is_said_to_read_as_zeros_is_unallocated(NbdExtentFlags flags, bool allocated)
    {
        var builder = new AllocationMapBuilder(Granule, Granule);
        NbdAllocationReader.Mark(builder, 0, [new NbdExtent(Granule, flags)]);
        Assert.Equal(allocated, builder.Build().IsAllocated(0));
    }

    [Fact]
    public void A_granule_with_a_single_byte_of_data_is_allocated()
    {
        var builder = new AllocationMapBuilder(3 * Granule, Granule);
        long end = NbdAllocationReader.Mark(
            builder,
            0,
            [
                new NbdExtent(Granule + 511, NbdExtentFlags.Zero),
                new NbdExtent(1, NbdExtentFlags.None),
                new NbdExtent((2 * Granule) - 512, NbdExtentFlags.Hole | NbdExtentFlags.Zero),
            ]);
        AllocationMap map = builder.Build();
        Assert.Equal(3 * Granule, end);
        Assert.Equal([false, true, false], [map.IsAllocated(0), map.IsAllocated(1), map.IsAllocated(2)]);
    }

    [Fact]
    public async Task A_server_that_tells_byte_by_byte_is_not_asked_for_ever()
    {
        int questions = 0;
        AllocationMap map = await NbdAllocationReader.ReadAsync(
            1L << 30,
            (_, _, _) =>
            {
                questions++;
                return Task.FromResult<IReadOnlyList<NbdExtent>>([new NbdExtent(1, NbdExtentFlags.Zero)]);
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(65_536, questions);
        Assert.False(map.IsAllocated(0));
        Assert.Equal(map.GranuleCount - 1, map.AllocatedGranules);
    }
}
