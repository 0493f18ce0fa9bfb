using VdiFs.Disks.Cache;
using Xunit;

namespace VdiFs.Tests.Disks;

public sealed class KeptBlocksTests
{
    private const int Capacity = 1024;

    private readonly BlockBudget _budget = new(2 * Capacity);
    private readonly BlockPool _pool;
    private readonly KeptBlocks _kept = new(Capacity);

    public KeptBlocksTests() => _pool = new BlockPool(_budget);

    [Fact]
    public void Of_readers_that_follow_each_other_each_finds_what_the_first_fetched()
    {
        int missed = 0;
        for (int i = 0; i < 8 * Capacity; i++)
        {
            Read(i);
            missed += i >= 240 && !Read(i - 240) ? 1 : 0;
            missed += i >= 480 && !Read(i - 480) ? 1 : 0;
            missed += i >= 720 && !Read(i - 720) ? 1 : 0;
        }

        Assert.Equal(0, missed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void A_copy_of_a_whole_disk_passes_by_what_is_read_all_the_time(int piecesPerBlock)
    {
        const int Hot = Capacity / 4;
        for (int i = 0; i < 3 * Hot; i++)
        {
            Read(i % Hot);
        }

        // Small pieces of a block in a row are one use.
        for (int i = Hot * piecesPerBlock; i < 20 * Capacity * piecesPerBlock; i++)
        {
            Read(i / piecesPerBlock);
        }

        Assert.Equal(Hot, Enumerable.Range(0, Hot).Count(block => Read(block)));
    }

    [Fact]
    public void What_was_needed_twice_leaves_for_what_is_needed_twice_now()
    {
        const int Needed = Capacity / 2;
        const int Rounds = 10;
        for (int i = 0; i < Rounds * 4 * Needed; i++)
        {
            int round = i / (4 * Needed);
            Read((round * Capacity) + (i % Needed));
        }

        Assert.All(Enumerable.Range((Rounds - 1) * Capacity, Needed), block => Assert.True(Read(block)));
    }

    [Fact]
    public void Never_keeps_more_than_it_may()
    {
        for (int i = 0; i < 3 * Capacity; i++)
        {
            Read(i % (Capacity + 100));
            Assert.True(_kept.Count <= Capacity);
            Assert.Equal(_kept.Count, _budget.Taken);
        }
    }

    [Fact]
    public void A_block_that_is_kept_already_stays_the_one_that_it_is()
    {
        CacheBlock first = Fetch(7);
        CacheBlock second = Fetch(7);
        Assert.True(_kept.TryAcquire(new BlockKey(1, 7), out CacheBlock? kept));
        Assert.Same(first, kept);
        kept!.Dispose();
        first.Dispose();
        second.Dispose();
        Assert.Equal((1, 1), (_kept.Count, _budget.Taken));
    }

    [Fact]
    public void Blocks_that_go_give_their_memory_back_when_the_last_reader_has_left()
    {
        Read(1);
        Read(2);
        Assert.True(_kept.TryAcquire(new BlockKey(1, 2), out CacheBlock? lent));
        Assert.Equal(2, _kept.Evict(5));
        Assert.Equal((0, 1), (_kept.Count, _budget.Taken));
        Assert.False(_kept.Contains(new BlockKey(1, 2)));
        lent!.Dispose();
        Assert.Equal(0, _budget.Taken);
        Assert.Equal(0, _kept.Evict(1));
    }

    [Fact]
    public async Task Many_threads_find_their_block_or_none()
    {
        const int Reads = 20_000;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            Random random = new(thread);
            for (int i = 0; i < Reads; i++)
            {
                int number = random.Next(2 * Capacity);
                BlockKey key = new(1, number);
                if (!_kept.TryAcquire(key, out CacheBlock? block))
                {
                    block = Fetch(number);
                }

                Assert.Equal(key, block!.Key);
                block.Dispose();
            }
        })));
        Assert.True(_kept.Count <= Capacity);
        Assert.Equal(_kept.Count, _budget.Taken);
        Assert.Equal(_kept.Count, _kept.Evict(int.MaxValue));
        Assert.Equal(0, _budget.Taken);
    }

    /// <returns>Whether the block was there.</returns>
    private bool Read(int number)
    {
        if (_kept.TryAcquire(new BlockKey(1, number), out CacheBlock? block))
        {
            block!.Dispose();
            return true;
        }

        Fetch(number).Dispose();
        return false;
    }

    private CacheBlock Fetch(int number)
    {
        DiskShare share = new(static () => { });
        Assert.True(_budget.TryHold(share, 1, out _));
        CacheBlock block = _pool.Rent();
        block.Label(new BlockKey(1, number));
        _budget.Settle(share, 1, keeps: false);
        _kept.Add(new BlockKey(1, number), [block], Capacity);
        _kept.Use(block);
        return block;
    }
}
