namespace VdiFs.Disks.Store;

/// <summary>What the store has done since the mount. Thread-safe.</summary>
internal sealed class StoreCounters
{
    private long _hits;
    private long _misses;
    private long _bytesRead;
    private long _written;
    private long _bytesWritten;
    private long _skipped;
    private long _evicted;
    private long _damaged;

    /// <summary>A block was found and was right.</summary>
    public void CountHit(int bytes)
    {
        Interlocked.Increment(ref _hits);
        Interlocked.Add(ref _bytesRead, bytes);
    }

    /// <summary>Blocks had to be fetched from their source.</summary>
    public void CountMisses(int blocks) => Interlocked.Add(ref _misses, blocks);

    /// <summary>A block was written.</summary>
    public void CountWritten(int bytes)
    {
        Interlocked.Increment(ref _written);
        Interlocked.Add(ref _bytesWritten, bytes);
    }

    /// <summary>A block could have been written and was not.</summary>
    public void CountSkipped(int blocks = 1) => Interlocked.Add(ref _skipped, blocks);

    /// <summary>A file was deleted to make room.</summary>
    public void CountEvicted() => Interlocked.Increment(ref _evicted);

    /// <summary>A block was found and was not what had been written.</summary>
    public void CountDamaged() => Interlocked.Increment(ref _damaged);

    /// <summary>The counters now.</summary>
    public StoreStatus Describe(BlockStoreOptions options, long usedBytes, string? trouble) => new(
        options.Directory,
        options.SizeBytes,
        usedBytes,
        Interlocked.Read(ref _hits),
        Interlocked.Read(ref _misses),
        Interlocked.Read(ref _bytesRead),
        Interlocked.Read(ref _written),
        Interlocked.Read(ref _bytesWritten),
        Interlocked.Read(ref _skipped),
        Interlocked.Read(ref _evicted),
        Interlocked.Read(ref _damaged),
        trouble);
}
