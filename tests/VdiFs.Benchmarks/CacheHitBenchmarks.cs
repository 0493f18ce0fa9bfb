using BenchmarkDotNet.Attributes;
using BitFaster.Caching.Lru;
using VdiFs.Disks.Cache;

namespace VdiFs.Benchmarks;

/// <summary>What it costs to find one cached block: the product's index, and an alternative.</summary>
public class CacheHitBenchmarks : IDisposable
{
    private const int Blocks = 4096;
    private const long DiskBytes = Blocks / 2 * (long)CacheBlock.SizeBytes;

    private readonly BlockCache _cache = new(Blocks * (long)CacheBlock.SizeBytes);
    private readonly ConcurrentLru<BlockKey, object> _alternative = new(Blocks);
    private CachedDisk _disk = null!;
    private long _next;

    [GlobalSetup]
    public void FillBoth()
    {
        _disk = new CachedDisk(new ZeroDisk(DiskBytes), _cache, CancellationToken.None);
        _disk.Prefetch(0, DiskBytes);
        _disk.DrainAsync().Wait();
        const int Longest = 1 << 20;
        if (!_disk.TryLend(0, Longest, new Returner()) || !_disk.TryLend(DiskBytes - Longest, Longest, new Returner()))
        {
            throw new InvalidOperationException("the disk is not cached");
        }

        for (int i = 0; i < Blocks / 2; i++)
        {
            _alternative.AddOrUpdate(new BlockKey(1, i), _disk);
        }
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _cache.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The whole hit of the product: index, label check, reference taken and released.</summary>
    [Benchmark(Baseline = true)]
    public bool Lend_64_KiB() =>
        _disk.TryLend(NextBlock() * CacheBlock.SizeBytes, CacheBlock.SizeBytes, new Returner());

    /// <summary>A hit of 1 MiB: sixteen blocks.</summary>
    [Benchmark]
    public bool Lend_1_MiB() => _disk.TryLend(NextBlock() / 16 * (16L * CacheBlock.SizeBytes), 1 << 20, new Returner());

    [Benchmark]
    public bool BitFaster_index_alone() => _alternative.TryGet(new BlockKey(1, NextBlock()), out _);

    // A stride that is prime to the number of blocks.
    private long NextBlock() => _next = (_next + 1237) % (Blocks / 2);

    private readonly struct Returner : IBlockBorrower
    {
        public void Borrow(nint address, int length, CacheBlock lease) => lease.Dispose();
    }
}
