using System.Diagnostics;
using VdiFs.Disks.Cache;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>What a cache's memory comes to when nothing is read any more.</summary>
internal static class MemoryAccount
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(120);

    /// <summary>Waits until all memory taken is that of kept blocks, and asserts it: the index lets go in the
    /// background, on the thread pool.</summary>
    public static async Task AssertSettledAsync(BlockCache cache)
    {
        var patience = Stopwatch.StartNew();
        while (cache.MemoryUsedBytes != (long)cache.Count * CacheBlock.SizeBytes && patience.Elapsed < Hang)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Equal((long)cache.Count * CacheBlock.SizeBytes, cache.MemoryUsedBytes);
        Assert.Equal(0, cache.WaitingReads);
    }
}
