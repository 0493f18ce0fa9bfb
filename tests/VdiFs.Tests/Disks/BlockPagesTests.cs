using System.Buffers.Binary;
using VdiFs.Disks.Cache;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>When the memory of blocks has pages, as the kernel's page table tells.</summary>
public sealed class BlockPagesTests
{
    private const int Capacity = 600;

    private static readonly Version PopulatingLinux = new(5, 14);

    public BlockPagesTests() => Assert.SkipUnless(
        Environment.OSVersion.Version >= PopulatingLinux,
        $"Linux {PopulatingLinux} finds pages for memory before it is touched, this is {Environment.OSVersion.Version}");

    [Fact]
    public void A_block_that_was_never_used_has_pages_once_it_is_populated()
    {
        CacheBlock block = new BlockPool(new BlockBudget(Capacity)).Rent();
        // The runtime may have had the memory in use before.
        BlockMemory.Discard(block.Memory);
        Assert.Equal(0, CountPages(block.Address));
        block.Populate();
        Assert.Equal(CacheBlock.SizeBytes / Environment.SystemPageSize, CountPages(block.Address));
    }

    [Fact]
    public void A_block_whose_pages_were_given_back_has_pages_once_it_is_populated_again()
    {
        var budget = new BlockBudget(Capacity);
        var pool = new BlockPool(budget);
        Assert.Null(budget.HoldOrWait(new DiskShare(static () => { }), 1));
        CacheBlock block = pool.Rent();
        block.Populate();
        Assert.True(budget.TryWithdraw(Capacity, least: 0));
        block.Dispose();
        Assert.Equal(0, CountPages(block.Address));

        Assert.Same(block, pool.Rent());
        block.Populate();
        Assert.Equal(CacheBlock.SizeBytes / Environment.SystemPageSize, CountPages(block.Address));
    }

    [Fact]
    public async Task A_fetch_has_pages_before_its_first_byte_comes()
    {
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        var answer = new TaskCompletionSource();
        var disk = new CachedDisk(new PatternDisk(1L << 20) { Gate = answer.Task }, cache, CancellationToken.None);
        CacheBlock[] blocks = UsedBefore(cache, 2);

        Assert.True(disk.Prefetch(0, 2 * CacheBlock.SizeBytes));

        Assert.All(
            blocks,
            block => Assert.Equal(CacheBlock.SizeBytes / Environment.SystemPageSize, CountPages(block.Address)));
        answer.SetResult();
        await disk.DrainAsync();
    }

    // Blocks without pages that are the next to be used.
    private static CacheBlock[] UsedBefore(BlockCache cache, int count)
    {
        var share = new DiskShare(static () => { });
        Assert.Null(cache.Budget.HoldOrWait(share, count));
        CacheBlock[] blocks = [.. Enumerable.Range(0, count).Select(_ => cache.Pool.Rent())];
        cache.Budget.Settle(share, count, keeps: false);
        foreach (CacheBlock block in blocks)
        {
            BlockMemory.Discard(block.Memory);
            Assert.Equal(0, CountPages(block.Address));
            block.Dispose();
        }

        return blocks;
    }

    // Of /proc/PID/pagemap: eight bytes for each page. Bit 63 says that it is there, bit 62 that it was, and is on its way
    // to another place.
    private static int CountPages(nint address)
    {
        int pageBytes = Environment.SystemPageSize;
        byte[] entries = new byte[CacheBlock.SizeBytes / pageBytes * sizeof(ulong)];
        using var table = new FileStream("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        table.Position = address / pageBytes * sizeof(ulong);
        table.ReadExactly(entries);
        return entries.Chunk(sizeof(ulong)).Count(entry => BinaryPrimitives.ReadUInt64LittleEndian(entry) >> 62 != 0);
    }
}
