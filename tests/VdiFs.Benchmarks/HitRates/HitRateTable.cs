using System.Diagnostics;
using System.Globalization;
using BitFaster.Caching.Lfu;
using BitFaster.Caching.Lru;

namespace VdiFs.Benchmarks.HitRates;

/// <summary>Prints how often each cache has what readers ask for, and what finding it costs.</summary>
internal static class HitRateTable
{
    private const int HitsTimed = 2_000_000;

    public static void Print(TextWriter output)
    {
        Func<ITracedCache>[] caches =
        [
            () => new ProductCache(Trace.CacheBlocks, Trace.DiskBlocks),
            () => new LibraryMemoryCache(Trace.CacheBlocks),
            () => new BitFasterCache("ConcurrentLru", new ConcurrentLru<long, object>(Trace.CacheBlocks)),
            () => new BitFasterCache("ConcurrentLfu", new ConcurrentLfu<long, object>(Trace.CacheBlocks)),
        ];
        output.WriteLine($"| readers | {string.Join(" | ", caches.Select(NameOf))} |");
        output.WriteLine($"| --- |{string.Concat(caches.Select(_ => " ---: |"))}");
        foreach (Trace trace in Trace.All)
        {
            output.WriteLine($"| {trace.Name} | {string.Join(" | ", caches.Select(make => RateOf(make, trace)))} |");
        }

        output.WriteLine($"| ns for a hit | {string.Join(" | ", caches.Select(TimeOf))} |");
    }

    private static string NameOf(Func<ITracedCache> make)
    {
        using ITracedCache cache = make();
        return cache.Name;
    }

    private static string RateOf(Func<ITracedCache> make, Trace trace)
    {
        using ITracedCache cache = make();
        long asked = 0;
        long found = 0;
        foreach ((long blockNumber, bool isCounted) in trace.Accesses)
        {
            bool isFound = cache.Touch(blockNumber);
            asked += isCounted ? 1 : 0;
            found += isCounted && isFound ? 1 : 0;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{100.0 * found / asked:0.0} %");
    }

    private static string TimeOf(Func<ITracedCache> make)
    {
        const int resident = Trace.CacheBlocks / 2;
        using ITracedCache cache = make();
        for (long i = 0; i < resident; i++)
        {
            cache.Touch(i);
        }

        long start = Stopwatch.GetTimestamp();
        for (long i = 0; i < HitsTimed; i++)
        {
            cache.Touch(i * 1237 % resident);
        }

        double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds / HitsTimed;
        return string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0}");
    }
}
