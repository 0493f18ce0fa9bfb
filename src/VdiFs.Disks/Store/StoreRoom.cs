using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>Keeps the store within its size, and its file system from filling up: the segments that were not used for
/// the longest time go first, whichever mount made them. Not thread-safe but for <see cref="UsedBytes"/>.</summary>
internal sealed class StoreRoom(BlockStoreOptions options, IStoreFiles files, StoreCounters counters)
{
    /// <summary>As many files as one look at the directory can go through in some milliseconds.</summary>
    private const int WantedSegments = 4096;

    /// <summary>16 MiB: little is lost with one, and a look at the directory is nothing beside writing it.</summary>
    private const int MinimumSlots = 256;

    /// <summary>Segments there may be, full or not: those of many small disks.</summary>
    private const int MaximumSegments = 2 * WantedSegments;

    private long _usedBytes;

    /// <summary>What all segments take, as last looked at.</summary>
    public long UsedBytes => Interlocked.Read(ref _usedBytes);

    /// <summary>Blocks of one segment.</summary>
    public int SegmentSlots { get; } = options.SegmentSlots > 0 ? options.SegmentSlots : SlotsFor(options.SizeBytes);

    /// <summary>Looks what there is.</summary>
    public void Look() => Interlocked.Exchange(
        ref _usedBytes, StoreDirectory.AllSegments(options.Directory).Sum(LengthOf));

    /// <summary>Makes room for a new segment.</summary>
    /// <param name="bytes">What it takes.</param>
    /// <param name="isInUse">Which segments this mount is writing.</param>
    /// <exception cref="IOException">There is no room without leaving too little free.</exception>
    public void Make(long bytes, Func<string, bool> isInUse)
    {
        List<FileInfo> segments = [.. StoreDirectory.AllSegments(options.Directory)];
        long used = segments.Sum(LengthOf);
        int count = segments.Count;
        foreach (FileInfo oldest in segments.Where(file => !isInUse(file.FullName)).OrderBy(LastUseOf))
        {
            if (Fits(bytes, used, count))
            {
                break;
            }

            used -= LengthOf(oldest);
            count--;
            StoreDirectory.Delete(oldest);
            counters.CountEvicted();
        }

        Interlocked.Exchange(ref _usedBytes, used);
        if (!Fits(bytes, used, count))
        {
            throw new IOException(
                used + bytes > options.SizeBytes || count >= MaximumSegments
                    ? $"the segments being written take {used} bytes already"
                    : $"less than {options.MinimumFreeBytes} bytes would stay free (--cache-dir-min-free)");
        }

        Interlocked.Add(ref _usedBytes, bytes);
    }

    private static int SlotsFor(long sizeBytes)
    {
        long slots = sizeBytes / CacheBlock.SizeBytes / WantedSegments;
        return (int)Math.Clamp(slots, MinimumSlots, SegmentHeader.MaximumSlots);
    }

    // Another mount may be deleting it at this moment.
    private static long LengthOf(FileInfo file) => file.Exists ? file.Length : 0;

    private static DateTime LastUseOf(FileInfo file) => file.LastWriteTimeUtc;

    private bool Fits(long bytes, long used, int count) =>
        used + bytes <= options.SizeBytes
        && count < MaximumSegments
        && files.FreeBytes(options.Directory) - bytes >= options.MinimumFreeBytes;
}
