using VdiFs.Disks.Cache;
using VdiFs.Options;
using Xunit;

namespace VdiFs.Tests.Program;

public sealed class MemoryPlanTests
{
    private const long MiB = 1L << 20;
    private const long Machine = 16L << 30;

    [Theory]
    [InlineData(1, 256, 256)]
    [InlineData(4, 512, 512)]
    [InlineData(16, 1024, 2048)]
    [InlineData(1024, 1024, 4096)]
    public void Without_a_word_256_MiB_are_kept_and_an_eighth_of_the_machine_when_needed(
        long machineGiB, long filledMiB, long mostMiB)
    {
        MemoryPlan plan = MemoryPlan.For(null, null, machineGiB << 30);
        Assert.Equal(256 * MiB, plan.CacheOptions.CapacityBytes);
        Assert.Equal(filledMiB * MiB, plan.CacheOptions.FillsToBytes);
        Assert.Equal(mostMiB * MiB, plan.CacheOptions.GrowsToBytes);
        Assert.Equal((93 * MiB) + (mostMiB * MiB * 257 / 256), plan.LimitBytes);
    }

    [Theory]
    [InlineData(512, 128)]
    [InlineData(256, 64)]
    [InlineData(8, 4)]
    public void A_small_machine_keeps_a_quarter_of_what_it_has(long machineMiB, long keptMiB)
    {
        MemoryPlan plan = MemoryPlan.For(null, null, machineMiB * MiB);
        Assert.Equal(keptMiB * MiB, plan.CacheOptions.CapacityBytes);
        Assert.Equal(keptMiB * MiB, plan.CacheOptions.FillsToBytes);
        Assert.Equal(keptMiB * MiB, plan.CacheOptions.GrowsToBytes);
        using var cache = new BlockCache(plan.CacheOptions);
    }

    [Fact]
    public void What_a_machine_has_no_room_for_is_refused_with_what_it_has()
    {
        UsageException refusal = Assert.Throws<UsageException>(() => MemoryPlan.For(512 * MiB, null, 606 * MiB));
        Assert.Contains("needs 607M of memory", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("has 606M", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(512 * MiB, MemoryPlan.For(512 * MiB, null, 607 * MiB).CacheOptions.CapacityBytes);
    }

    [Fact]
    public void A_limit_above_what_a_machine_has_is_that_of_the_machine()
    {
        MemoryPlan plan = MemoryPlan.For(null, 1024 * MiB, 128 * MiB);
        Assert.Equal(MemoryPlan.For(null, 128 * MiB, Machine), plan);
    }

    [Fact]
    public void What_is_stated_is_kept_and_no_more()
    {
        MemoryPlan plan = MemoryPlan.For(512 * MiB, null, Machine);
        BlockCacheOptions kept = plan.CacheOptions;
        Assert.Equal((512 * MiB, 512 * MiB), (kept.CapacityBytes, kept.GrowsToBytes));
        Assert.Equal(512 * MiB, kept.FillsToBytes);
    }

    [Theory]
    [InlineData(96, 23, 23)]
    [InlineData(128, 47, 47)]
    [InlineData(1024, 256, 717)]
    [InlineData(2048, 256, 1482)]
    public void A_limit_alone_decides_what_is_kept(long limitMiB, long keptMiB, long mostMiB)
    {
        MemoryPlan plan = MemoryPlan.For(null, limitMiB * MiB, Machine);
        Assert.Equal(keptMiB, plan.CacheOptions.CapacityBytes / MiB);
        Assert.Equal(Math.Min(mostMiB, 1024), plan.CacheOptions.FillsToBytes / MiB);
        Assert.Equal(mostMiB, plan.CacheOptions.GrowsToBytes / MiB);
        Assert.InRange(
            plan.CacheOptions.GrowsToBytes + plan.CacheOptions.InFlightBytes, 1,
            plan.LimitBytes - MemoryPlan.ProgramBytes);
        using var cache = new BlockCache(plan.CacheOptions);
    }

    [Fact]
    public void A_limit_that_what_is_kept_does_not_fit_into_is_refused_with_the_least_that_would_do()
    {
        UsageException refusal = Assert.Throws<UsageException>(() => MemoryPlan.For(512 * MiB, 256 * MiB, Machine));
        Assert.Contains("at least 587M, found 256M", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(587 * MiB, MemoryPlan.For(512 * MiB, 587 * MiB, Machine).LimitBytes);
    }

    [Theory]
    [InlineData(24_641_537)]
    [InlineData(24_641_536)]
    [InlineData(24_641_535)]
    public void What_is_kept_need_not_be_whole_blocks(long keptBytes)
    {
        MemoryPlan plan = MemoryPlan.For(keptBytes, 96 * MiB, Machine);
        using var cache = new BlockCache(plan.CacheOptions);
        Assert.InRange(cache.CapacityBytes, keptBytes - CacheBlock.SizeBytes, keptBytes);
    }
}
