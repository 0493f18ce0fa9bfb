using VdiFs.Disks.Cache;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>What keeps a recycled block from answering for the bytes it held before.</summary>
public sealed class CacheBlockTests
{
    private static readonly BlockKey Wanted = new(1, 7);

    private readonly BlockPool _pool = new(new BlockBudget(capacityBlocks: 4));

    [Fact]
    public void A_labelled_block_is_acquired_for_its_own_bytes_alone()
    {
        CacheBlock block = _pool.Rent();
        block.Label(Wanted);
        Assert.True(block.TryAcquire(Wanted));
        Assert.False(block.TryAcquire(Wanted with { BlockNumber = 8 }));
        Assert.False(block.TryAcquire(Wanted with { DiskNumber = 2 }));
    }

    [Fact]
    public void A_block_without_references_is_not_acquired()
    {
        CacheBlock block = _pool.Rent();
        block.Label(Wanted);
        block.Dispose();
        Assert.False(block.TryAcquire(Wanted));
    }

    [Fact]
    public void A_block_rented_anew_is_not_acquired_before_its_bytes_are_there()
    {
        CacheBlock block = _pool.Rent();
        block.Label(Wanted);
        block.Dispose();
        Assert.Same(block, _pool.Rent());
        Assert.False(block.TryAcquire(Wanted));
        block.Label(Wanted with { BlockNumber = 8 });
        Assert.False(block.TryAcquire(Wanted));
        Assert.True(block.TryAcquire(Wanted with { BlockNumber = 8 }));
    }

    [Fact]
    public void A_failed_attempt_keeps_no_reference()
    {
        CacheBlock block = _pool.Rent();
        Assert.False(block.TryAcquire(Wanted));
        block.Dispose();
        Assert.Same(block, _pool.Rent());
    }
}
