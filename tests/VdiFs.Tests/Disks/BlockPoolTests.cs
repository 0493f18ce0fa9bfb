using VdiFs.Disks.Cache;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>Blocks that are rented, returned and stripped of their memory.</summary>
public sealed class BlockPoolTests
{
    private const int Capacity = 600;
    private const byte Something = 0x5A;

    private readonly BlockBudget _budget = new(Capacity);
    private readonly DiskShare _share = new(static () => { });
    private readonly BlockPool _pool;

    public BlockPoolTests() => _pool = new BlockPool(_budget);

    [Fact]
    public void Blocks_that_are_rented_at_once_share_no_byte()
    {
        CacheBlock[] blocks = Rent(Capacity);
        nint[] addresses = [.. blocks.Select(block => block.Address).Order()];
        Assert.All(
            addresses.Zip(addresses.Skip(1)),
            pair => Assert.True(pair.Second - pair.First >= CacheBlock.SizeBytes));
    }

    [Fact]
    public void The_first_blocks_are_neighbours()
    {
        CacheBlock[] blocks = Rent(3);
        Assert.Equal(blocks[0].Address + CacheBlock.SizeBytes, blocks[1].Address);
        Assert.Equal(blocks[1].Address + CacheBlock.SizeBytes, blocks[2].Address);
    }

    [Fact]
    public void No_more_memory_is_allocated_than_the_budget_begins_with()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Rent(Capacity);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(bytes, (long)Capacity * CacheBlock.SizeBytes, (Capacity + 8L) * CacheBlock.SizeBytes);
    }

    [Fact]
    public void A_budget_that_grows_has_more_memory_allocated()
    {
        CacheBlock[] first = Rent(Capacity);
        _budget.Restore(2);
        Assert.Empty(Rent(2).Intersect(first));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3 * Capacity)]
    public void Nothing_is_allocated_for_blocks_that_were_reserved(int more)
    {
        const int Mapped = 10;
        Assert.True(_budget.TryWithdraw(Mapped, least: 1));
        Assert.True(_pool.TryReserve(more));
        _budget.Restore(Mapped + more);
        CacheBlock[] blocks = new CacheBlock[Capacity + more];
        Assert.Null(_budget.HoldOrWait(_share, blocks.Length));

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = _pool.Rent();
        }

        // Room for what is allocated beside them.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, CacheBlock.SizeBytes);
    }

    [Fact]
    public void What_the_budget_has_lost_loses_its_pages_when_the_pool_is_trimmed()
    {
        CacheBlock[] blocks = Rent(2);
        Memory<byte>[] memory = [.. blocks.Select(block => block.Memory)];
        Return(blocks);
        Fill(memory);
        Assert.True(_budget.TryWithdraw(Capacity - 1, least: 1));

        _pool.Trim();

        Assert.Single(memory, bytes => bytes.Span.IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void What_the_budget_has_kept_keeps_its_pages()
    {
        CacheBlock[] blocks = Rent(2);
        Memory<byte>[] memory = [.. blocks.Select(block => block.Memory)];
        Return(blocks);
        Fill(memory);

        _pool.Trim();

        Assert.All(memory, bytes => Assert.Equal(-1, bytes.Span.IndexOfAnyExcept(Something)));
    }

    [Fact]
    public void A_block_that_comes_back_after_the_budget_has_lost_it_loses_its_pages()
    {
        CacheBlock[] blocks = Rent(2);
        Memory<byte> memory = blocks[0].Memory;
        Fill([memory]);
        Assert.True(_budget.TryWithdraw(Capacity - 1, least: 1));

        Return([blocks[0]]);

        Assert.Equal(-1, memory.Span.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Stripped_blocks_are_rented_again_before_new_memory_is_taken()
    {
        CacheBlock[] first = Rent(Capacity);
        Return(first);
        Assert.True(_budget.TryWithdraw(Capacity - 1, least: 1));
        _pool.Trim();
        _budget.Restore(Capacity - 1);

        Assert.Subset(first.ToHashSet(), Rent(Capacity).ToHashSet());
    }

    private static void Fill(IEnumerable<Memory<byte>> memory)
    {
        foreach (Memory<byte> bytes in memory)
        {
            bytes.Span.Fill(Something);
        }
    }

    private static void Return(IEnumerable<CacheBlock> blocks)
    {
        foreach (CacheBlock block in blocks)
        {
            block.Dispose();
        }
    }

    private CacheBlock[] Rent(int count)
    {
        Assert.True(_budget.HoldOrWait(_share, count) is null);
        CacheBlock[] blocks = [.. Enumerable.Range(0, count).Select(_ => _pool.Rent())];
        _budget.Settle(_share, count, keeps: false);
        return blocks;
    }
}
