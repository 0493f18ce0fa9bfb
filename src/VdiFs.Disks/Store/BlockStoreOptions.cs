using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>Where and within which limits blocks are kept in files. Immutable; a value out of its range throws where it
/// is set.</summary>
public sealed record BlockStoreOptions
{
    /// <summary>The least that the files may take: a few segments.</summary>
    public const long MinimumSizeBytes = 64L << 20;

    /// <summary>The most that the files may take: 64 TiB.</summary>
    public const long MaximumSizeBytes = 64L << 40;

    /// <summary>What the files take at most when nobody says anything.</summary>
    public const long DefaultSizeBytes = 10L << 30;

    /// <summary>What stays free on the file system when nobody says anything.</summary>
    public const long DefaultMinimumFreeBytes = 1L << 30;

    /// <summary>The least memory for blocks that wait to be written: two of the largest fetches.</summary>
    public const long MinimumQueueBytes = 2L * CachedDisk.FetchBlocks * CacheBlock.SizeBytes;

    /// <summary>The directory, as a full path.</summary>
    public required string Directory { get; init; }

    /// <summary>What all files together may take.</summary>
    public long SizeBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, MinimumSizeBytes, nameof(SizeBytes));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaximumSizeBytes, nameof(SizeBytes));
            field = value;
        }
    } = DefaultSizeBytes;

    /// <summary>What stays free on the directory's file system, 0 or more: nothing is written that would leave
    /// less.</summary>
    public long MinimumFreeBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(MinimumFreeBytes));
            field = value;
        }
    } = DefaultMinimumFreeBytes;

    /// <summary>Memory of the block cache that may wait to be written; what comes beyond it is not kept.</summary>
    public long QueueBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, MinimumQueueBytes, nameof(QueueBytes));
            field = value;
        }
    } = MinimumQueueBytes;

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Blocks of one file; 0: as many as the size makes sensible.</summary>
    internal int SegmentSlots { get; init; }
}
