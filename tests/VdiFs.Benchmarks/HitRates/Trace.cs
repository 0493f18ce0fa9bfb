namespace VdiFs.Benchmarks.HitRates;

/// <summary>Blocks in the order in which readers ask for them.</summary>
/// <param name="Name">What the readers do.</param>
/// <param name="Accesses">Block numbers; those that are not counted only change what is in the cache.</param>
internal sealed record Trace(string Name, IEnumerable<(long BlockNumber, bool IsCounted)> Accesses)
{
    /// <summary>Blocks of the cache: 256 MiB.</summary>
    public const int CacheBlocks = 4096;

    /// <summary>Blocks of the disk: 4 GiB.</summary>
    public const long DiskBlocks = 65_536;

    // A quarter of the cache; at the end of the disk, which a scan comes to last.
    private const int HotBlocks = CacheBlocks / 4;
    private const long FirstHot = DiskBlocks - HotBlocks;

    private const int Seed = 11;

    /// <summary>All traces; the same at each run.</summary>
    public static IReadOnlyList<Trace> All { get; } =
    [
        new("one copy after the other", Scan(counted: true).Concat(Scan(counted: true))),
        new("two copies, the second 64 MiB behind", TwoCopies(1024)),
        new("hot set read while a copy runs", HotSetWithScan(hotPerScanned: 1)),
        new("hot set read seldom while a copy runs", HotSetWithScan(hotPerScanned: 0.125)),
        new("hot set after a copy", HotSet(4, false).Concat(Scan(counted: false)).Concat(HotSet(1, true))),
        new("a file system's reads (ntfs-3g)", FileSystem(300_000)),
        new("the same while a copy runs", Interleave(FileSystem(DiskBlocks), Scan(counted: false))),
    ];

    private static IEnumerable<(long BlockNumber, bool IsCounted)> Scan(bool counted)
    {
        for (long i = 0; i < FirstHot; i++)
        {
            yield return (i, counted);
        }
    }

    private static IEnumerable<(long BlockNumber, bool IsCounted)> TwoCopies(int distance)
    {
        for (long i = 0; i < DiskBlocks + distance; i++)
        {
            if (i < DiskBlocks)
            {
                yield return (i, false);
            }

            if (i >= distance)
            {
                yield return (i - distance, true);
            }
        }
    }

    private static IEnumerable<(long BlockNumber, bool IsCounted)> HotSet(int rounds, bool counted)
    {
        for (int i = 0; i < rounds * HotBlocks; i++)
        {
            yield return (FirstHot + (i % HotBlocks), counted);
        }
    }

    private static IEnumerable<(long BlockNumber, bool IsCounted)> HotSetWithScan(double hotPerScanned)
    {
        Random random = new(Seed);
        foreach ((long, bool) warming in HotSet(4, false))
        {
            yield return warming;
        }

        for (long i = 0; i < FirstHot; i++)
        {
            yield return (i, false);
            if (random.NextDouble() < hotPerScanned)
            {
                yield return (FirstHot + random.Next(HotBlocks), true);
            }
        }
    }

    /// <summary>Mostly the MFT, some directories, and files from their beginning to their end.</summary>
    private static IEnumerable<(long BlockNumber, bool IsCounted)> FileSystem(long count)
    {
        const int tableBlocks = 512;
        const int directoryBlocks = 8192;
        const int longestFile = 32;
        Random random = new(Seed);
        for (long i = 0; i < count;)
        {
            double kind = random.NextDouble();
            long first = kind switch
            {
                < 0.6 => Skewed(random, tableBlocks),
                < 0.8 => tableBlocks + Skewed(random, directoryBlocks),
                _ => tableBlocks + directoryBlocks + random.NextInt64(DiskBlocks / 2),
            };
            int length = kind < 0.8 ? 1 : random.Next(1, longestFile);
            for (int j = 0; j < length; j++, i++)
            {
                yield return (first + j, true);
            }
        }
    }

    // A few of them most of the time.
    private static long Skewed(Random random, int count)
    {
        double chance = random.NextDouble();
        return (long)(chance * chance * chance * count);
    }

    private static IEnumerable<(long BlockNumber, bool IsCounted)> Interleave(
        IEnumerable<(long, bool)> first, IEnumerable<(long, bool)> second) =>
        first.Zip(second).SelectMany(pair => new[] { pair.First, pair.Second });
}
