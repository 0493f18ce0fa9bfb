using Microsoft.Extensions.Caching.Memory;

namespace VdiFs.Benchmarks.HitRates;

/// <summary>A cache of Microsoft.Extensions.Caching.Memory, the index alone, as a block cache has to use it: above its
/// limit it refuses entries silently and evicts later, so room is made before an entry is added.</summary>
internal sealed class LibraryMemoryCache(int blocks) : ITracedCache
{
    // One compaction looks at every entry, so it has to make room for many.
    private const double Compacted = 1.0 / 16;

    private static readonly object Anything = new();

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = blocks });

    public string Name => "MemoryCache";

    public bool Touch(long blockNumber)
    {
        if (_cache.TryGetValue(blockNumber, out _))
        {
            return true;
        }

        if (_cache.Count == blocks)
        {
            _cache.Compact(Compacted);
        }

        _cache.Set(blockNumber, Anything, new MemoryCacheEntryOptions { Size = 1 });
        return false;
    }

    public void Dispose() => _cache.Dispose();
}
