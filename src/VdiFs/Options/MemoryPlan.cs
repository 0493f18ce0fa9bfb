using VdiFs.Disks.Cache;

namespace VdiFs.Options;

/// <summary>How the memory of a mount is divided: what is kept of the disks, what is on its way, and the rest of the
/// process.</summary>
/// <param name="LimitBytes">What the whole process stays below.</param>
/// <param name="CacheOptions">What blocks of the disks may take of it.</param>
internal sealed record MemoryPlan(long LimitBytes, BlockCacheOptions CacheOptions)
{
    /// <summary>What everything takes that is no block of a disk: the program, its heap and threads, the buffers of the
    /// FUSE connection, and 8 MiB for allocation maps. Measured with 64 readers, and rounded up.</summary>
    public const long ProgramBytes = 64L << 20;

    /// <summary>The lowest limit that leaves room for the smallest cache.</summary>
    public const long MinimumLimitBytes = 96L << 20;

    /// <summary>The highest limit: 2 TiB.</summary>
    public const long MaximumLimitBytes = 2L << 40;

    /// <summary>For --help.</summary>
    public const string Description =
        "What the whole process stays below, 96M to 2T: kept blocks, blocks on their way to readers (8M at least), a "
        + "256th of both for their index, and 64M for everything else; reads wait for memory [default: 93M, and 257/256 "
        + "of what is kept at most]";

    /// <summary>For an error.</summary>
    public const string Expected = "a size of 96M to 2T, such as 512M";

    private const long DefaultCacheBytes = 256L << 20;
    private const long FilledByDefaultBytes = 1L << 30;
    private const long MostByDefaultBytes = 4L << 30;

    // What is kept of disks may not push out what the machine is there for, not even where it has little.
    private const int MachineDivisor = 8;
    private const int SmallMachineDivisor = 4;

    /// <summary>Divides the memory.</summary>
    /// <param name="cacheBytes">What is kept; null: 256M in rest, or a quarter of a smaller machine; up to 1G while
    /// somebody reads, and more when readers ask for what has just gone, but no more than an eighth of the machine.</param>
    /// <param name="limitBytes">The limit of the process; null: what is kept at most and the usual rest.</param>
    /// <param name="machineBytes">What this machine, or this group of processes, has.</param>
    /// <exception cref="UsageException">The limit, or the machine, leaves too little beside what is to be kept.
    /// </exception>
    public static MemoryPlan For(long? cacheBytes, long? limitBytes, long machineBytes)
    {
        if (cacheBytes is { } stated)
        {
            long inFlight = limitBytes is null ? BlockCache.DefaultInFlightBytes : BlockCache.MinimumInFlightBytes;
            CheckMachine(stated, inFlight, machineBytes);
        }

        return limitBytes is { } limit
            ? Below(Math.Min(limit, Math.Max(machineBytes, MinimumLimitBytes)), cacheBytes)
            : Usual(cacheBytes, machineBytes);
    }

    private static void CheckMachine(long cacheBytes, long inFlightBytes, long machineBytes)
    {
        long needed = RoundUpToMebibytes(ProgramBytes + WithIndex(cacheBytes + inFlightBytes));
        long found = machineBytes >> 20 << 20;
        if (needed > found)
        {
            throw new UsageException(
                $"--cache-size {new ByteSize(cacheBytes)} needs {new ByteSize(needed)} of memory, this machine or group "
                + $"of processes has {new ByteSize(found)}: state less, or raise the limit of the group");
        }
    }

    private static MemoryPlan Usual(long? cacheBytes, long machineBytes)
    {
        long usual = Math.Clamp(
            machineBytes / SmallMachineDivisor, BlockCache.MinimumCapacityBytes, DefaultCacheBytes);
        long most = cacheBytes ?? Math.Clamp(machineBytes / MachineDivisor, usual, MostByDefaultBytes);
        return Divide(
            RoundUpToMebibytes(ProgramBytes + WithIndex(most + BlockCache.DefaultInFlightBytes)),
            cacheBytes ?? usual,
            most,
            BlockCache.DefaultInFlightBytes);
    }

    private static MemoryPlan Below(long limit, long? cacheBytes)
    {
        // In whole blocks, as all the rest, or the remainder would be missing from what may be on its way.
        long blocks = WithoutIndex(limit - ProgramBytes);
        long cache = cacheBytes / CacheBlock.SizeBytes * CacheBlock.SizeBytes
            ?? Math.Min(blocks * 3 / 4, blocks - BlockCache.MinimumInFlightBytes);
        long needed = ProgramBytes + WithIndex(cache + BlockCache.MinimumInFlightBytes);
        if (limit < needed)
        {
            throw new UsageException(
                $"--cache-size {new ByteSize(cache)} needs a --memory-limit of at least "
                + $"{new ByteSize(RoundUpToMebibytes(needed))}, found {new ByteSize(limit)}: raise the limit or leave "
                + "--cache-size out");
        }

        return Divide(limit, cacheBytes is null ? Math.Min(cache, DefaultCacheBytes) : cache, cache, blocks - cache);
    }

    private static MemoryPlan Divide(long limitBytes, long cacheBytes, long mostBytes, long inFlightBytes) =>
        new(limitBytes, new BlockCacheOptions
        {
            CapacityBytes = cacheBytes,
            FillsToBytes = Math.Clamp(FilledByDefaultBytes, cacheBytes, mostBytes),
            GrowsToBytes = mostBytes,
            InFlightBytes = inFlightBytes,
        });

    private static long WithIndex(long bytes) =>
        bytes / CacheBlock.SizeBytes * (CacheBlock.SizeBytes + BlockCache.IndexBytesPerBlock);

    private static long WithoutIndex(long bytes) =>
        bytes / (CacheBlock.SizeBytes + BlockCache.IndexBytesPerBlock) * CacheBlock.SizeBytes;

    private static long RoundUpToMebibytes(long bytes) => ((bytes - 1) | ((1L << 20) - 1)) + 1;
}
