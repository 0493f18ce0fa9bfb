using VdiFs.Disks;
using VdiFs.Disks.Cache;

namespace VdiFs.Benchmarks.HitRates;

/// <summary>The product's cache as readers meet it, over a disk that costs nothing.</summary>
internal sealed class ProductCache : ITracedCache
{
    private readonly BlockCache _cache;
    private readonly CachedDisk _disk;

    public ProductCache(int blocks, long diskBlocks)
    {
        _cache = new BlockCache((long)blocks * CacheBlock.SizeBytes);
        _disk = new CachedDisk(new BlankDisk(diskBlocks * CacheBlock.SizeBytes), _cache, CancellationToken.None);
    }

    public string Name => "VdiFs";

    public bool Touch(long blockNumber)
    {
        long diskOffset = blockNumber * CacheBlock.SizeBytes;
        return _disk.TryLend(diskOffset, CacheBlock.SizeBytes, new Returner()) || Fetch(diskOffset);
    }

    public void Dispose() => _cache.Dispose();

    private bool Fetch(long diskOffset)
    {
        FetchAsync(diskOffset).GetAwaiter().GetResult();
        return false;
    }

    private async Task FetchAsync(long diskOffset)
    {
        using DiskRead read = await _disk.BeginReadAsync(1, CancellationToken.None);
        read.Start(diskOffset, CacheBlock.SizeBytes);
        await read.LendAsync(diskOffset, CacheBlock.SizeBytes, new Returner(), CancellationToken.None);
    }

    private readonly struct Returner : IBlockBorrower
    {
        public void Borrow(nint address, int length, CacheBlock lease) => lease.Dispose();
    }

    private sealed class BlankDisk(long length) : IDisk
    {
        public long Length => length;

        public ValueTask ReadAsync(
            long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken) =>
            ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
