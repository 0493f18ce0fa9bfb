using VdiFs.Disks.Cache;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>Reads wait for memory: they neither fail, nor take more than there is, nor wait for each other.</summary>
public sealed class MemoryLimitTests
{
    private const int Block = CacheBlock.SizeBytes;
    private const int Read = 16 * Block;
    private const long Length = 1L << 30;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Many_late_reads_stay_below_the_limit_and_all_get_their_bytes()
    {
        using BlockCache cache = SmallCache();
        var disk = new CachedDisk(new PatternDisk(Length), cache, CancellationToken.None);
        long limit = cache.MemoryLimitBytes;
        long peak = 0;
        Task[] readers = [.. Enumerable.Range(0, 64).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 5; i++)
            {
                long offset = random.NextInt64(Length - Read);
                var borrower = new CopyingBorrower();
                await disk.LendAsync(offset, Read, borrower, CancellationToken.None);
                InterlockedMaximum(ref peak, cache.MemoryUsedBytes);
                Assert.True(PatternDisk.Slice(offset, Read).AsSpan().SequenceEqual(borrower.Bytes));
            }
        }))];
        await Task.WhenAll(readers).WaitAsync(Hang, TestContext.Current.CancellationToken);
        await disk.DrainAsync();
        // A failed or landed fetch may be counted twice for an instant, never a whole read.
        Assert.InRange(peak, 1, limit);
        await MemoryAccount.AssertSettledAsync(cache);
    }

    [Fact]
    public async Task Fetches_that_their_readers_left_are_given_up_for_those_who_wait()
    {
        using BlockCache cache = SmallCache();
        var silent = new PatternDisk(Length) { Gate = new TaskCompletionSource().Task };
        var disk = new CachedDisk(silent, cache, CancellationToken.None);
        for (int i = 0; i < 200; i++)
        {
            using var leaving = new CancellationTokenSource();
            ValueTask reader = disk.LendAsync(i * (long)Read, Read, new CopyingBorrower(), leaving.Token);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader);
            Assert.InRange(cache.MemoryUsedBytes, 0, cache.MemoryLimitBytes);
        }

        silent.Gate = Task.CompletedTask;
        await ReadAsync(disk, 500L << 20).WaitAsync(Hang, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_silent_disk_leaves_memory_to_the_readers_of_another()
    {
        using BlockCache cache = SmallCache();
        var gate = new TaskCompletionSource();
        var silent = new CachedDisk(new PatternDisk(Length) { Gate = gate.Task }, cache, CancellationToken.None);
        var healthy = new CachedDisk(new PatternDisk(Length), cache, CancellationToken.None);
        Task[] stuck = [.. Enumerable.Range(0, 64).Select(i => ReadAsync(silent, i * (long)Read))];
        Assert.True(cache.WaitingReads > 0);
        for (int i = 0; i < 20; i++)
        {
            await ReadAsync(healthy, i * (long)Read).WaitAsync(Hang, TestContext.Current.CancellationToken);
        }

        gate.SetResult();
        await Task.WhenAll(stuck).WaitAsync(Hang, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_is_kept_makes_room_for_a_read_that_waits()
    {
        using BlockCache cache = SmallCache();
        var gate = new TaskCompletionSource();
        var source = new PatternDisk(Length);
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        for (long offset = 0; offset < cache.CapacityBytes; offset += Read)
        {
            await ReadAsync(disk, offset);
        }

        source.Gate = gate.Task;
        Task[] readers =
            [.. Enumerable.Range(0, 6).Select(i => ReadAsync(disk, (100L << 20) + (i * (long)Read)))];
        Assert.Equal(0, readers.Count(reader => reader.IsFaulted));
        gate.SetResult();
        await Task.WhenAll(readers).WaitAsync(Hang, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_read_that_stops_waiting_leaves_its_place_in_the_line()
    {
        using BlockCache cache = SmallCache();
        var gate = new TaskCompletionSource();
        var disk = new CachedDisk(new PatternDisk(Length) { Gate = gate.Task }, cache, CancellationToken.None);
        Task[] first = [.. Enumerable.Range(0, 20).Select(i => ReadAsync(disk, i * (long)Read))];
        int waiting = cache.WaitingReads;
        using var leaving = new CancellationTokenSource();
        ValueTask reader = disk.LendAsync(500L << 20, Read, new CopyingBorrower(), leaving.Token);
        Assert.Equal(waiting + 1, cache.WaitingReads);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader);
        Assert.Equal(waiting, cache.WaitingReads);
        gate.SetResult();
        await Task.WhenAll(first).WaitAsync(Hang, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_long_read_in_line_is_not_overtaken_by_short_ones()
    {
        var budget = new BlockBudget(capacityBlocks: 10);
        var one = new DiskShare(() => { });
        var other = new DiskShare(() => { });
        Assert.Null(budget.HoldOrWait(one, 6));
        BlockWaiter? longRead = budget.HoldOrWait(other, 6);
        BlockWaiter? shortRead = budget.HoldOrWait(other, 1);
        Assert.False(longRead!.Served.IsCompleted);
        Assert.False(shortRead!.Served.IsCompleted);
        budget.Release(one, 6);
        Assert.True(longRead.Served.IsCompletedSuccessfully);
        Assert.False(budget.TryHold(one, 4, out _));
    }

    [Fact]
    public void A_long_read_is_not_overtaken_by_short_ones_of_its_disk_either()
    {
        var budget = new BlockBudget(capacityBlocks: 100);
        var silent = new DiskShare(() => { });
        var disk = new DiskShare(() => { });
        Assert.Null(budget.HoldOrWait(silent, 45));
        Assert.Null(budget.HoldOrWait(disk, 20));
        BlockWaiter? longRead = budget.HoldOrWait(disk, 16);
        BlockWaiter? shortRead = budget.HoldOrWait(disk, 1);
        BlockWaiter? ofSilent = budget.HoldOrWait(silent, 1);
        Assert.False(longRead!.Served.IsCompleted);
        Assert.False(shortRead!.Served.IsCompleted);
        Assert.Equal([silent, disk], budget.FindShortage().Overdrawn!.OrderBy(share => share != silent));
        budget.Release(disk, 20);
        Assert.True(longRead.Served.IsCompletedSuccessfully);
        Assert.True(shortRead.Served.IsCompletedSuccessfully);
        Assert.False(ofSilent!.Served.IsCompleted);
    }

    [Fact]
    public void An_allocation_map_takes_its_memory_from_the_blocks_and_gives_it_back()
    {
        using BlockCache cache = new(64L << 20);
        long before = cache.MemoryLimitBytes;
        Assert.True(cache.TryAddMap(BlockCache.MapAllowanceBytes));
        Assert.Equal(before, cache.MemoryLimitBytes);
        Assert.True(cache.TryAddMap(32L << 20));
        Assert.Equal(before - (32L << 20), cache.MemoryLimitBytes);
        Assert.False(cache.TryAddMap(96L << 20));
        cache.RemoveMap(32L << 20);
        Assert.Equal(before, cache.MemoryLimitBytes);
    }

    private static BlockCache SmallCache() => new(new BlockCacheOptions
    {
        CapacityBytes = BlockCache.MinimumCapacityBytes,
        InFlightBytes = BlockCache.MinimumInFlightBytes,
    });

    private static void InterlockedMaximum(ref long maximum, long value)
    {
        long seen = Interlocked.Read(ref maximum);
        while (value > seen)
        {
            long before = Interlocked.CompareExchange(ref maximum, value, seen);
            seen = before == seen ? value : before;
        }
    }

    private static async Task ReadAsync(CachedDisk disk, long diskOffset)
    {
        var borrower = new CopyingBorrower();
        await disk.LendAsync(diskOffset, Read, borrower, CancellationToken.None);
        Assert.True(PatternDisk.Slice(diskOffset, Read).AsSpan().SequenceEqual(borrower.Bytes));
    }
}
