using VdiFs.Disks.Cache;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>A cache keeps more while somebody reads than in rest.</summary>
public sealed class CacheFillTests : IAsyncDisposable
{
    private const int Block = CacheBlock.SizeBytes;
    private const int Least = 1024;
    private const int Full = 2048;
    private const int DiskBlocks = 4096;
    private const int InFlight = (int)(BlockCache.DefaultInFlightBytes / Block);

    private readonly ManualClock _time = new();
    private readonly PatternDisk _source = new((long)DiskBlocks * Block);
    private readonly BlockCache _cache;
    private readonly CachedDisk _disk;
    private long _spareBytes = long.MaxValue;

    public CacheFillTests()
    {
        _cache = new BlockCache(new BlockCacheOptions
        {
            CapacityBytes = Least * (long)Block,
            FillsToBytes = Full * (long)Block,
            HasRoomFor = bytes => bytes <= _spareBytes,
            TimeProvider = _time,
        });
        _disk = new CachedDisk(_source, _cache, CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        _cache.Dispose();
        return _source.DisposeAsync();
    }

    [Fact]
    public async Task Who_starts_later_finds_what_the_first_one_fetched()
    {
        await CopyAsync(0, Full);
        await CopyAsync(0, Full);
        Assert.Equal(Full, _source.Reads.Count);
    }

    [Fact]
    public async Task There_is_a_limit()
    {
        await CopyAsync(0, DiskBlocks);
        Assert.Equal(Full, _cache.Count);
        Assert.Equal((Full + InFlight) * (long)Block, _cache.MemoryLimitBytes);
    }

    [Fact]
    public async Task What_the_machine_cannot_spare_is_not_kept()
    {
        _spareBytes = 0;
        await CopyAsync(0, DiskBlocks);
        Assert.Equal(Least, _cache.Count);

        _spareBytes = long.MaxValue;
        await CopyAsync(0, DiskBlocks);
        Assert.Equal(Least, _cache.Count);
        _time.Advance(CacheGrowth.RefusalTime);
        await CopyAsync(0, DiskBlocks);
        Assert.Equal(Full, _cache.Count);
    }

    [Fact]
    public async Task In_rest_the_least_is_kept_and_who_reads_on_fills_it_again()
    {
        await CopyAsync(0, DiskBlocks);
        _time.Advance(CacheGrowth.IdleTime);
        _time.Advance(CacheGrowth.IdleTime);
        Assert.Equal(Least, _cache.Count);
        Assert.Equal((Least + InFlight) * (long)Block, _cache.MemoryLimitBytes);

        await CopyAsync(0, DiskBlocks);
        Assert.Equal(Full, _cache.Count);
    }

    [Fact]
    public async Task Read_ahead_does_not_take_the_place_of_what_is_kept()
    {
        await CopyAsync(0, Least);
        var answer = new TaskCompletionSource();
        _source.Gate = answer.Task;
        for (int i = 0; i <= InFlight; i += CachedDisk.FetchBlocks)
        {
            Assert.True(_disk.Prefetch((Least + i) * (long)Block, CachedDisk.FetchBlocks * Block));
        }

        Assert.Equal(Least, _cache.Count);
        answer.SetResult();
        await _disk.DrainAsync();
    }

    [Fact]
    public async Task A_read_does_not_take_the_place_of_what_is_kept()
    {
        await CopyAsync(0, Least);
        var reads = new List<DiskRead>();
        for (int i = 0; i <= InFlight; i += DiskRead.MaximumBlocks)
        {
            reads.Add(await _disk.BeginReadAsync(DiskRead.MaximumBlocks, TestContext.Current.CancellationToken));
        }

        Assert.Equal(Least, _cache.Count);
        reads.ForEach(read => read.Dispose());
    }

    private async Task CopyAsync(int first, int end)
    {
        for (int i = first; i < end; i++)
        {
            var borrower = new CopyingBorrower();
            await _disk.LendAsync((long)i * Block, 100, borrower, TestContext.Current.CancellationToken);
            Assert.Equal(PatternDisk.Slice((long)i * Block, 100), borrower.Bytes);
        }
    }
}
