using VdiFs.Disks.Cache;
using VdiFs.Disks.ReadAhead;
using VdiFs.Formats.Allocation;
using Xunit;

namespace VdiFs.Tests.Disks;

public sealed class ReadAheadDiskTests
{
    private const int Request = 128 * 1024;
    private const long CacheBytes = 64L << 20;

    [Fact]
    public async Task A_walker_finds_the_cache_filled_before_it_and_no_byte_is_fetched_twice()
    {
        const long Length = 24L << 20;
        var source = new PatternDisk(Length);
        using var cache = new BlockCache(CacheBytes);
        (ReadAheadDisk disk, CachedDisk cached) = Stack(source, cache, Full(Length));
        await ReadAsync(disk, 0);
        await ReadAsync(disk, Request);
        await cached.DrainAsync();
        for (long offset = 2 * Request; offset < Length; offset += Request)
        {
            Assert.True(disk.TryLend(offset, Request, new CopyingBorrower()), $"offset {offset} had to be waited for");
            await cached.DrainAsync();
        }

        Assert.Equal(Length, source.BytesRead);
    }

    [Fact]
    public async Task Holes_are_skipped()
    {
        const long Length = 64L << 20;
        var builder = new AllocationMapBuilder(Length, AllocationMap.DefaultGranuleBytes);
        builder.Mark(0, 1 << 20);
        builder.Mark(40L << 20, 2 << 20);
        var source = new PatternDisk(Length);
        using var cache = new BlockCache(CacheBytes);
        (ReadAheadDisk disk, CachedDisk cached) = Stack(source, cache, builder.Build());
        for (long offset = 0; offset < 1 << 20; offset += Request)
        {
            await ReadAsync(disk, offset);
        }

        await cached.DrainAsync();
        Assert.True(disk.TryLend(40L << 20, Request, new CopyingBorrower()));
        Assert.All(source.Reads, read => Assert.True(read.Offset + read.Length <= 1 << 20 || read.Offset >= 40L << 20));
    }

    [Fact]
    public async Task Random_reads_fetch_nothing_but_what_they_ask_for()
    {
        const long Length = 1L << 30;
        var source = new PatternDisk(Length);
        using var cache = new BlockCache(CacheBytes);
        (ReadAheadDisk disk, CachedDisk cached) = Stack(source, cache, Full(Length));
        const int Reads = 100;
        for (int i = 0; i < Reads; i++)
        {
            // A stride that never meets a stream's end again.
            await ReadAsync(disk, i * 37L % 101 * (10L << 20), 4096);
        }

        await cached.DrainAsync();
        Assert.Equal((long)Reads * CacheBlock.SizeBytes, source.BytesRead);
    }

    [Fact]
    public async Task Interleaved_walkers_are_each_served()
    {
        const long Length = 64L << 20;
        long[] starts = [0, 20L << 20, 40L << 20];
        var source = new PatternDisk(Length);
        using var cache = new BlockCache(CacheBytes);
        (ReadAheadDisk disk, CachedDisk cached) = Stack(source, cache, Full(Length));
        for (int step = 0; step < 32; step++)
        {
            foreach (long start in starts)
            {
                long offset = start + (step * (long)Request);
                if (step < 2)
                {
                    await ReadAsync(disk, offset);
                    await cached.DrainAsync();
                }

                Assert.True(disk.TryLend(offset, Request, new CopyingBorrower()));
                await cached.DrainAsync();
            }
        }
    }

    [Theory]
    [InlineData(0, 0, Request, 1 << 20)]
    [InlineData(3 << 20, 3 << 20, Request, 1 << 20)]
    [InlineData(0, 0, Request / 2, Request / 2)]
    [InlineData(0, 8 << 20, Request, Request)]
    public async Task A_long_read_of_the_first_bytes_begins_a_walk(int firstByte, int offset, int length, int fetched)
    {
        const long Length = 64L << 20;
        var builder = new AllocationMapBuilder(Length, AllocationMap.DefaultGranuleBytes);
        builder.Mark(firstByte, Length - firstByte);
        var source = new PatternDisk(Length);
        using var cache = new BlockCache(CacheBytes);
        (ReadAheadDisk disk, CachedDisk cached) = Stack(source, cache, builder.Build());
        await ReadAsync(disk, offset, length);
        await cached.DrainAsync();
        Assert.Equal(fetched, source.BytesRead);
    }

    [Theory]
    [InlineData(2, 4)]
    [InlineData(3, 8)]
    public async Task A_reader_who_waits_finds_everything_on_its_way_after_a_few_reads(int reads, int mebibytes)
    {
        const long Length = 64L << 20;
        var answer = new TaskCompletionSource();
        var source = new PatternDisk(Length) { Gate = answer.Task };
        using var cache = new BlockCache(CacheBytes);
        (ReadAheadDisk disk, CachedDisk cached) = Stack(source, cache, Full(Length));
        Task[] waiting = [.. Enumerable.Range(0, reads).Select(i => ReadAsync(disk, (long)i * Request))];

        // In whole fetches: the last one is begun when there is room for half of it.
        Assert.InRange(source.BytesRead, (mebibytes << 20) - Request, (mebibytes + 1) << 20);

        answer.SetResult();
        await Task.WhenAll(waiting);
        await cached.DrainAsync();
    }

    private static (ReadAheadDisk Disk, CachedDisk Cached) Stack(
        PatternDisk source, BlockCache cache, AllocationMap map)
    {
        var cached = new CachedDisk(source, cache, CancellationToken.None);
        return (new ReadAheadDisk(cached, map, cache.CapacityBytes), cached);
    }

    private static AllocationMap Full(long length) => AllocationMap.Full(length, AllocationMap.DefaultGranuleBytes);

    private static async Task ReadAsync(ReadAheadDisk disk, long diskOffset, int length = Request)
    {
        var borrower = new CopyingBorrower();
        await disk.LendAsync(diskOffset, length, borrower, CancellationToken.None);
        Assert.Equal(PatternDisk.Slice(diskOffset, length), borrower.Bytes);
    }
}
