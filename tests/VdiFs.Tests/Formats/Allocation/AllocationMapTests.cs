using CsCheck;
using VdiFs.Formats.Allocation;
using Xunit;

namespace VdiFs.Tests.Formats.Allocation;

public sealed class AllocationMapTests
{
    // Several rank samples of 1024 granules, and parts of one.
    private static readonly Gen<bool[]> Bits = Gen.OneOf(
        Gen.Bool.Array[0, 2000],
        Gen.Select(Gen.Int[0, 3000], Gen.Bool).Select((count, value) => Enumerable.Repeat(value, count).ToArray()),
        Gen.Select(Gen.Int[1, 3000], Gen.Int[1, 900]).Select((count, run) =>
            Enumerable.Range(0, count).Select(granule => granule / run % 2 == 1).ToArray()));

    [Fact]
    public void Map_agrees_with_an_array_of_flags()
    {
        Gen.Select(Bits, Gen.Int[1, 512]).Sample(
            (bits, lastBytes) =>
            {
                AllocationMap map = Build(bits, 512, LengthOf(bits, lastBytes));
                int rank = 0;
                Assert.Equal(bits.Length, map.GranuleCount);
                for (int granule = 0; granule < bits.Length; granule++)
                {
                    Assert.Equal(bits[granule], map.IsAllocated(granule));
                    Assert.Equal(rank, map.Rank(granule));
                    if (bits[granule])
                    {
                        Assert.Equal(granule, map.Select(rank));
                        rank++;
                    }
                }

                Assert.Equal(rank, map.Rank(bits.Length));
                Assert.Equal(rank, map.AllocatedGranules);
                long bytes = bits.Length > 0 && bits[^1] ? (rank - 1) * 512L + lastBytes : rank * 512L;
                Assert.Equal(bytes, map.AllocatedBytes);
            },
            iter: 300);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 5000)]
    [InlineData(7, 1)]
    [InlineData(1000, 3)]
    [InlineData(50_000, 20_000)]
    public void Select_finds_the_granule_of_every_rank_however_they_are_spread(int oneIn, int run)
    {
        // Many times the 4096 ones or zeros of which one place is known.
        const int Count = 300_001;
        Random random = new(oneIn * run);
        bool[] bits = new bool[Count];
        for (int start = 0; start < Count; start += run)
        {
            bits.AsSpan(start, Math.Min(run, Count - start)).Fill(random.Next(oneIn) == 0);
        }

        AllocationMap map = Build(bits, 512, Count * 512L);
        int rank = (int)map.AllocatedGranules;
        int nextAllocated = Count;
        int nextUnallocated = Count;
        for (int granule = Count - 1; granule >= 0; granule--)
        {
            nextAllocated = bits[granule] ? granule : nextAllocated;
            nextUnallocated = bits[granule] ? nextUnallocated : granule;
            Assert.Equal(nextAllocated, map.NextAllocated(granule));
            Assert.Equal(nextUnallocated, map.NextUnallocated(granule));
            if (bits[granule])
            {
                Assert.Equal(granule, map.Select(--rank));
            }
        }

        Assert.Equal(0, rank);
    }

    [Fact]
    public void Map_takes_4_percent_more_than_its_bits()
    {
        const long Tebibyte = 1L << 40;
        AllocationMapBuilder builder = new(4 * Tebibyte, 65536);
        builder.Mark(Tebibyte, 2 * Tebibyte);
        AllocationMap map = builder.Build();
        const long BitVector = 8L << 20;
        Assert.InRange(map.MemoryBytes, BitVector, BitVector * 104 / 100);
        Assert.Equal(0, AllocationMap.Full(Tebibyte, 65536).MemoryBytes);
    }

    [Fact]
    public void Searches_agree_with_an_array_of_flags()
    {
        Bits.Sample(
            bits =>
            {
                AllocationMap map = Build(bits, 512, bits.Length * 512L);
                int nextAllocated = bits.Length;
                int nextUnallocated = bits.Length;
                Assert.Equal(bits.Length, map.NextAllocated(bits.Length));
                Assert.Equal(bits.Length, map.NextUnallocated(bits.Length));
                for (int granule = bits.Length - 1; granule >= 0; granule--)
                {
                    nextAllocated = bits[granule] ? granule : nextAllocated;
                    nextUnallocated = bits[granule] ? nextUnallocated : granule;
                    Assert.Equal(nextAllocated, map.NextAllocated(granule));
                    Assert.Equal(nextUnallocated, map.NextUnallocated(granule));
                }
            },
            iter: 300);
    }

    [Fact]
    public void A_larger_granule_is_allocated_where_any_part_is()
    {
        Gen.Select(Bits, Gen.Int[0, 9]).Sample(
            (bits, shift) =>
            {
                AllocationMap coarse = Build(bits, 512, bits.Length * 512L).Coarsen(512 << shift);
                Assert.Equal(512 << shift, coarse.GranuleBytes);
                Assert.Equal(bits.Length * 512L, coarse.DiskLength);
                Assert.Equal((bits.Length + (1 << shift) - 1) >> shift, coarse.GranuleCount);
                for (int granule = 0; granule < coarse.GranuleCount; granule++)
                {
                    bool expected = bits.Skip(granule << shift).Take(1 << shift).Any(bit => bit);
                    Assert.Equal(expected, coarse.IsAllocated(granule));
                }
            },
            iter: 300);
    }

    [Fact]
    public void A_smaller_granule_is_allocated_where_the_one_around_it_is()
    {
        Gen.Select(Bits, Gen.Int[1, 4], Gen.Int[1, 8192]).Sample(
            (bits, shift, lastBytes) =>
            {
                long length = bits.Length == 0 ? 0 : (bits.Length - 1) * 8192L + lastBytes;
                AllocationMap fine = Build(bits, 8192, length).WithGranule(8192 >> shift);
                Assert.Equal((length + (8192 >> shift) - 1) / (8192 >> shift), fine.GranuleCount);
                for (int granule = 0; granule < fine.GranuleCount; granule++)
                {
                    Assert.Equal(bits[granule >> shift], fine.IsAllocated(granule));
                }
            },
            iter: 100);
    }

    [Fact]
    public void Coarsen_to_the_same_granule_returns_the_map_itself()
    {
        AllocationMap map = Build([true, false, true], 512, 1536);
        Assert.Same(map, map.Coarsen(512));
    }

    [Fact]
    public void Coarsen_refuses_a_smaller_granule()
    {
        Assert.Throws<ArgumentException>(() => Build([true], 1024, 1024).Coarsen(512));
    }

    [Fact]
    public void Full_map_of_any_disk_takes_no_bit_vector()
    {
        AllocationMap map = AllocationMap.Full(long.MaxValue, 512);
        Assert.InRange(Allocated.BytesBy(() => map = AllocationMap.Full(long.MaxValue, 512)), 0, 1024);
        Assert.Equal(1L << 54, map.GranuleCount);
        Assert.Equal(long.MaxValue, map.AllocatedBytes);
        Assert.Equal(1L << 54, map.NextUnallocated(7));
        Assert.Equal(1L << 53, map.Select(1L << 53));
    }

    [Fact]
    public void Map_of_2_TiB_takes_less_than_15_percent_over_its_bits()
    {
        AllocationMap? map = null;
        long taken = Allocated.BytesBy(() =>
        {
            AllocationMapBuilder builder = new(1L << 41, 65536);
            builder.Mark(12345, 1L << 40);
            map = builder.Build();
        });
        Assert.InRange(taken, 0, 4 * 1024 * 1024 * 115 / 100);
        Assert.Equal(16_777_217, map!.AllocatedGranules);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    [InlineData(1000)]
    [InlineData(-512)]
    public void A_granule_is_a_power_of_two_of_at_least_a_sector(int granuleBytes)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => AllocationMap.Full(1 << 20, granuleBytes));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllocationMapBuilder(1 << 20, granuleBytes));
    }

    [Fact]
    public void Granules_outside_the_disk_are_refused()
    {
        AllocationMap map = Build([true, false], 512, 1000);
        Assert.Throws<ArgumentOutOfRangeException>(() => map.IsAllocated(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.IsAllocated(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.Rank(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.Select(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.NextAllocated(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.NextUnallocated(-1));
    }

    private static long LengthOf(bool[] bits, int lastBytes) =>
        bits.Length == 0 ? 0 : (bits.Length - 1) * 512L + lastBytes;

    private static AllocationMap Build(bool[] bits, int granuleBytes, long diskLength)
    {
        AllocationMapBuilder builder = new(diskLength, granuleBytes);
        for (int granule = 0; granule < bits.Length; granule++)
        {
            if (bits[granule])
            {
                builder.Mark((long)granule * granuleBytes, 1);
            }
        }

        return builder.Build();
    }
}
