using VdiFs.Disks;
using VdiFs.Disks.Cache;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>Whatever happens to reads and fetches, each block of memory is accounted for, and nobody waits for
/// ever.</summary>
public sealed class MemoryAccountTests
{
    private const int Block = CacheBlock.SizeBytes;
    private const long Length = (400L * Block) + 333;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Nothing_is_lost_counted_twice_or_waited_for_in_vain(int seed)
    {
        using BlockCache cache = new(new BlockCacheOptions
        {
            CapacityBytes = BlockCache.MinimumCapacityBytes,
            InFlightBytes = BlockCache.MinimumInFlightBytes,
        });
        ErraticDisk[] sources = [.. Enumerable.Range(0, 3).Select(i => new ErraticDisk(i, Length, seed + i))];
        CachedDisk[] disks = [.. sources.Select(source => new CachedDisk(source, cache, CancellationToken.None))];
        for (int round = 0; round < 15; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 24).Select(reader => Task.Run(async () =>
            {
                var random = new Random((seed * 1_000_000) + (round * 1000) + reader);
                for (int i = 0; i < 12; i++)
                {
                    int which = random.Next(disks.Length);
                    await DoSomethingAsync(disks[which], sources[which], random);
                }
            }))).WaitAsync(Hang, TestContext.Current.CancellationToken);
            foreach (CachedDisk disk in disks)
            {
                await disk.DrainAsync().WaitAsync(Hang, TestContext.Current.CancellationToken);
            }

            await MemoryAccount.AssertSettledAsync(cache);
        }

        Assert.InRange(
            sources.SelectMany(source => source.Filled).Distinct().Count(), 1, (int)(cache.MemoryLimitBytes / Block));
    }

    private static async Task DoSomethingAsync(CachedDisk disk, ErraticDisk source, Random random)
    {
        long offset = random.NextInt64(Length);
        int length = (int)Math.Min(random.Next(1, random.Next(2) == 0 ? Block : 16 * Block), Length - offset);
        using var leaving = new CancellationTokenSource();
        switch (random.Next(10))
        {
            case 0:
                disk.Prefetch(offset, length);
                return;
            case 1:
                leaving.CancelAfter(random.Next(10));
                break;
            case 2:
                await leaving.CancelAsync();
                break;
            case 3:
                // Begun, and left at once.
                using (DiskRead left = await disk.BeginReadAsync(
                    DiskRead.CountBlocks(offset, length), TestContext.Current.CancellationToken))
                {
                    left.Start(offset, length);
                    return;
                }
        }

        using var borrower = new CheckingBorrower(source, offset);
        Exception? error = await Record.ExceptionAsync(
            async () => await disk.LendAsync(offset, length, borrower, leaving.Token));
        Assert.True(error is null or DiskException or OperationCanceledException, error?.ToString());
        Assert.False(error is OperationCanceledException && !leaving.IsCancellationRequested, "cancelled by nobody");
        Assert.True(error is not null || borrower.Length == length, "a short read");
        await Task.Yield();
        Assert.True(borrower.IsRight(), "wrong bytes");
    }
}
