namespace VdiFs.Disks.Cache;

/// <summary>The limits of a mount's memory for blocks of its disks.</summary>
public sealed record BlockCacheOptions
{
    /// <summary>Bytes of blocks to keep while nobody reads, <see cref="BlockCache.MinimumCapacityBytes"/> to
    /// <see cref="BlockCache.MaximumCapacityBytes"/>; rounded down to whole blocks.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Bytes of blocks to keep while somebody reads; 0: never more than <see cref="CapacityBytes"/>.</summary>
    public long FillsToBytes { get; init; }

    /// <summary>Bytes of blocks to keep at most, when readers ask for what has just gone; 0: never more than
    /// <see cref="FillsToBytes"/>.</summary>
    public long GrowsToBytes { get; init; }

    /// <summary>Bytes of blocks that may be on their way or lent beside those kept,
    /// <see cref="BlockCache.MinimumInFlightBytes"/> or more; rounded down to whole blocks.</summary>
    public long InFlightBytes { get; init; } = BlockCache.DefaultInFlightBytes;

    /// <summary>Whether the machine can spare so many bytes; asked before more is kept than
    /// <see cref="CapacityBytes"/>.</summary>
    public Func<long, bool> HasRoomFor { get; init; } = SpareMemory.HasRoomFor;

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
