using VdiFs.Disks.Cache;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks;

public sealed class CacheGrowthTests : IAsyncDisposable
{
    private const int Block = CacheBlock.SizeBytes;
    private const int Least = 64;
    private const int Most = 1024;
    private const int DiskBlocks = 4096;

    private readonly ManualClock _time = new();
    private readonly PatternDisk _source = new((long)DiskBlocks * Block);
    private readonly BlockCache _cache;
    private readonly CachedDisk _disk;
    private readonly long _leastBytes;

    public CacheGrowthTests()
    {
        _cache = new BlockCache(new BlockCacheOptions
        {
            CapacityBytes = Least * (long)Block,
            GrowsToBytes = Most * (long)Block,
            HasRoomFor = static _ => true,
            TimeProvider = _time,
        });
        _leastBytes = _cache.MemoryLimitBytes;
        _disk = new CachedDisk(_source, _cache, CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        _cache.Dispose();
        return _source.DisposeAsync();
    }

    [Fact]
    public async Task Readers_far_behind_each_other_soon_find_what_the_first_one_fetched()
    {
        const int Gap = 300;
        for (int i = 0; i < DiskBlocks + (2 * Gap); i++)
        {
            await ReadAsync(i);
            await ReadAsync(i - Gap);
            await ReadAsync(i - (2 * Gap));
        }

        // The second meets blocks that went until the cache spans the gap, and so does the third.
        Assert.InRange(_source.Reads.Count, DiskBlocks, DiskBlocks * 11 / 10);
    }

    [Fact]
    public async Task A_copy_takes_no_more_memory()
    {
        for (int i = 0; i < DiskBlocks; i++)
        {
            await ReadAsync(i);
        }

        Assert.Equal(_leastBytes, _cache.MemoryLimitBytes);
        Assert.Equal(Least, _cache.Count);
    }

    [Fact]
    public async Task There_is_a_limit()
    {
        const int Needed = Most + (Least / 2);
        for (int i = 0; i < 4 * Needed; i++)
        {
            await ReadAsync(i % Needed);
            Assert.InRange(_cache.Count, 0, Most);
        }

        Assert.Equal(_leastBytes + ((Most - Least) * (long)Block), _cache.MemoryLimitBytes);
        Assert.Equal(Most, _cache.Count);
    }

    [Fact]
    public async Task Memory_that_was_added_goes_when_nobody_reads()
    {
        for (int i = 0; i < 3 * Most; i++)
        {
            await ReadAsync(i % (2 * Least));
        }

        long grown = _cache.MemoryLimitBytes;
        Assert.True(grown > _leastBytes);
        for (int i = 0; i < 3; i++)
        {
            await ReadAsync(i);
            _time.Advance(CacheGrowth.IdleTime);
            Assert.Equal(grown, _cache.MemoryLimitBytes);
        }

        _time.Advance(CacheGrowth.IdleTime);
        Assert.Equal(_leastBytes, _cache.MemoryLimitBytes);
        Assert.Equal(Least, _cache.Count);
    }

    private async Task ReadAsync(int block)
    {
        if (block is >= 0 and < DiskBlocks)
        {
            var borrower = new CopyingBorrower();
            await _disk.LendAsync((long)block * Block, 100, borrower, TestContext.Current.CancellationToken);
            Assert.Equal(PatternDisk.Slice((long)block * Block, 100), borrower.Bytes);
        }
    }
}
