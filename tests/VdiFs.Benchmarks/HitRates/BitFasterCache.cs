using BitFaster.Caching;

namespace VdiFs.Benchmarks.HitRates;

/// <summary>A cache of BitFaster.Caching, the index alone: without blocks, labels and references.</summary>
internal sealed class BitFasterCache(string name, ICache<long, object> cache) : ITracedCache
{
    private static readonly object Anything = new();

    public string Name => name;

    public bool Touch(long blockNumber)
    {
        if (cache.TryGet(blockNumber, out _))
        {
            return true;
        }

        cache.AddOrUpdate(blockNumber, Anything);
        return false;
    }

    public void Dispose() => (cache as IDisposable)?.Dispose();
}
