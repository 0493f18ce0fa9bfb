using VdiFs.Disks.Cache;
using VdiFs.Options;
using Xunit;

namespace VdiFs.Tests.Program;

public sealed class MemoryPlanTests
{
    private const long MiB = 1L << 20;

    [Fact]
    public void Without_a_word_256_MiB_are_kept_and_the_limit_follows()
    {
        MemoryPlan plan = MemoryPlan.For(null, null);
        Assert.Equal(256 * MiB, plan.CacheOptions.CapacityBytes);
        Assert.Equal(389 * MiB, plan.LimitBytes);
    }

    [Theory]
    [InlineData(96, 23)]
    [InlineData(128, 47)]
    [InlineData(1024, 256)]
    public void A_limit_alone_decides_what_is_kept(long limitMiB, long keptMiB)
    {
        MemoryPlan plan = MemoryPlan.For(null, limitMiB * MiB);
        Assert.Equal(keptMiB, plan.CacheOptions.CapacityBytes / MiB);
        Assert.InRange(
            plan.CacheOptions.CapacityBytes + plan.CacheOptions.InFlightBytes, 1,
            plan.LimitBytes - MemoryPlan.ProgramBytes);
        using var cache = new BlockCache(plan.CacheOptions);
    }

    [Fact]
    public void A_limit_that_what_is_kept_does_not_fit_into_is_refused_with_the_least_that_would_do()
    {
        UsageException refusal = Assert.Throws<UsageException>(() => MemoryPlan.For(512 * MiB, 256 * MiB));
        Assert.Contains("at least 593M, found 256M", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(593 * MiB, MemoryPlan.For(512 * MiB, 593 * MiB).LimitBytes);
    }

    [Theory]
    [InlineData(24_641_537)]
    [InlineData(24_641_536)]
    [InlineData(24_641_535)]
    public void What_is_kept_need_not_be_whole_blocks(long keptBytes)
    {
        MemoryPlan plan = MemoryPlan.For(keptBytes, 96 * MiB);
        using var cache = new BlockCache(plan.CacheOptions);
        Assert.InRange(cache.CapacityBytes, keptBytes - CacheBlock.SizeBytes, keptBytes);
    }
}
