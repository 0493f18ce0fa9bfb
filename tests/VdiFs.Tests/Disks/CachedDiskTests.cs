using CsCheck;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Tests.Disks.Failover;
using Xunit;

namespace VdiFs.Tests.Disks;

public sealed class CachedDiskTests
{
    private const int Block = CacheBlock.SizeBytes;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Any_slice_is_lent_with_the_bytes_of_the_disk()
    {
        const long Length = (20 * Block) + 777;
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        var disk = new CachedDisk(new PatternDisk(Length), cache, CancellationToken.None);
        Gen<(long, int)> slices =
            Gen.Long[0, Length - 1].SelectMany(
                start => Gen.Int[1, (int)(Length - start)].Select(size => (start, size)));
        await slices.SampleAsync(async slice =>
        {
            var borrower = new CopyingBorrower();
            await disk.LendAsync(slice.Item1, slice.Item2, borrower, CancellationToken.None);
            Assert.Equal(PatternDisk.Slice(slice.Item1, slice.Item2), borrower.Bytes);
        }, iter: 200);
    }

    [Fact]
    public async Task A_block_that_many_want_at_once_is_fetched_once()
    {
        var gate = new TaskCompletionSource();
        var source = new PatternDisk(Block * 4) { Gate = gate.Task };
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        Task[] readers = [.. Enumerable.Range(0, 16).Select(_ => ReadAsync(disk, Block, Block))];
        gate.SetResult();
        await Task.WhenAll(readers).WaitAsync(Hang, TestContext.Current.CancellationToken);
        Assert.Equal([(Block, Block)], source.Reads);
    }

    [Fact]
    public async Task Neighbouring_blocks_are_fetched_together_up_to_1_MiB()
    {
        var source = new PatternDisk(Block * 40);
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        await ReadAsync(disk, 0, Block * 20);
        Assert.Equal([(0, Block * 16L), (Block * 16L, Block * 4L)], source.Reads);
    }

    [Fact]
    public async Task What_is_cached_is_lent_at_once_and_not_fetched_again()
    {
        var source = new PatternDisk(Block * 4);
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        var borrower = new CopyingBorrower();
        Assert.False(disk.TryLend(100, 200, borrower));
        await ReadAsync(disk, 0, Block);
        Assert.True(disk.TryLend(100, 200, borrower));
        Assert.Equal(PatternDisk.Slice(100, 200), borrower.Bytes);
        Assert.Single(source.Reads);
    }

    [Fact]
    public async Task Nothing_is_lent_any_more_when_another_disk_has_answered()
    {
        var source = new PatternDisk(Block * 4);
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        await ReadAsync(disk, 0, Block);
        source.Failure = new DiskException(DiskErrorKind.Changed, "another disk");
        await ReadAsync(disk, Block, Block).FailsAsync(DiskErrorKind.Changed);
        source.Failure = null;
        Assert.False(disk.TryLend(0, 10, new CopyingBorrower()));
        await ReadAsync(disk, 0, Block).FailsAsync(DiskErrorKind.Changed);
        await ReadAsync(disk, Block * 2, Block).FailsAsync(DiskErrorKind.Changed);
    }

    [Fact]
    public async Task A_fetch_that_used_up_its_time_is_begun_anew_for_a_reader_who_has_just_come()
    {
        var gate = new TaskCompletionSource();
        var source =
            new PatternDisk(Block) { Gate = gate.Task, Failure = new DiskException(DiskErrorKind.Unreachable, "gone") };
        var time = new ManualTime();
        using var cache = new BlockCache(
            new BlockCacheOptions { CapacityBytes = BlockCache.MinimumCapacityBytes, TimeProvider = time });
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        Task first = ReadAsync(disk, 0, 10);
        time.Advance(TimeSpan.FromSeconds(290));
        Task late = ReadAsync(disk, 10, 10);
        time.Advance(TimeSpan.FromSeconds(10));
        source.FailOnce = true;
        gate.SetResult();
        await first.FailsAsync(DiskErrorKind.Unreachable);
        await late.WaitAsync(Hang, TestContext.Current.CancellationToken);
        Assert.Equal(2, source.Reads.Count);
    }

    [Fact]
    public async Task A_reader_that_leaves_does_not_stop_the_fetch()
    {
        var gate = new TaskCompletionSource();
        var source = new PatternDisk(Block) { Gate = gate.Task };
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        using var leaving = new CancellationTokenSource();
        ValueTask reader = disk.LendAsync(0, 10, new CopyingBorrower(), leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader);
        gate.SetResult();
        await disk.DrainAsync().WaitAsync(Hang, TestContext.Current.CancellationToken);
        Assert.True(disk.TryLend(0, 10, new CopyingBorrower()));
        Assert.Single(source.Reads);
    }

    [Fact]
    public async Task A_failed_fetch_fails_its_readers_and_is_tried_again_by_the_next()
    {
        var source = new PatternDisk(Block) { BadOffset = 5 };
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        await Assert.ThrowsAsync<DiskException>(() => ReadAsync(disk, 0, 10));
        await Assert.ThrowsAsync<DiskException>(() => ReadAsync(disk, 0, 10));
        source.BadOffset = null;
        await ReadAsync(disk, 0, 10);
        Assert.Equal((0, 10), source.Reads[^1]);
    }

    [Fact]
    public async Task A_bad_sector_fails_its_own_block_and_not_the_neighbours_that_were_fetched_with_it()
    {
        var source = new PatternDisk(Block * 4) { BadOffset = (2 * Block) + 512 };
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        Assert.True(disk.Prefetch(0, Block * 4));
        await ReadAsync(disk, Block, Block);
        await ReadAsync(disk, 3 * Block, Block);
        await Assert.ThrowsAsync<DiskException>(() => ReadAsync(disk, 2 * Block, Block));
    }

    [Fact]
    public async Task Many_readers_of_two_disks_in_a_cache_too_small_for_them_never_see_a_wrong_byte()
    {
        const long Length = Block * 500L;
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        CachedDisk[] disks =
        [
            new CachedDisk(new PatternDisk(Length), cache, CancellationToken.None),
            new CachedDisk(new ShiftedDisk(new PatternDisk(Length)), cache, CancellationToken.None),
        ];
        await Task.WhenAll(Enumerable.Range(0, 32).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 100; i++)
            {
                int which = random.Next(2);
                long start = random.NextInt64(Length - (3 * Block));
                var borrower = new CopyingBorrower();
                await disks[which].LendAsync(start, 1000, borrower, CancellationToken.None);
                Assert.Equal(PatternDisk.Slice(start + (which * ShiftedDisk.Shift), 1000), borrower.Bytes);
            }
        })));
        Assert.InRange(cache.Count, 1, (int)(cache.CapacityBytes / Block));
    }

    [Fact]
    public async Task Read_ahead_holds_back_when_memory_is_short()
    {
        var gate = new TaskCompletionSource();
        var source = new PatternDisk(1L << 30) { Gate = gate.Task };
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        int begun = Enumerable.Range(0, 1000).Count(i => disk.Prefetch(i * 1L << 20, 1 << 20));
        gate.SetResult();
        await disk.DrainAsync().WaitAsync(Hang, TestContext.Current.CancellationToken);
        // A third of the memory: as much again is left to the reads of this disk, and of others.
        Assert.InRange(begun, 11, 12);
    }

    private static async Task ReadAsync(CachedDisk disk, long diskOffset, int length)
    {
        var borrower = new CopyingBorrower();
        await disk.LendAsync(diskOffset, length, borrower, CancellationToken.None);
        Assert.Equal(PatternDisk.Slice(diskOffset, length), borrower.Bytes);
    }

    /// <summary>The same pattern elsewhere, so that blocks of two disks are never equal by chance.</summary>
    private sealed class ShiftedDisk(PatternDisk disk) : IDisk
    {
        public const long Shift = 4096;

        public long Length => disk.Length - Shift;

        public ValueTask ReadAsync(
            long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken) =>
            disk.ReadAsync(diskOffset + Shift, destination, cancellationToken);

        public ValueTask DisposeAsync() => disk.DisposeAsync();
    }
}
