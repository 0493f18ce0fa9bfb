using Microsoft.Win32.SafeHandles;
using VdiFs.Disks.Store;
using VdiFs.Formats.Allocation;

namespace VdiFs.Disks;

/// <summary>A disk just opened at its source, before any cache.</summary>
/// <param name="Disk">Its bytes; owned by whoever receives this.</param>
/// <param name="Map">Which of them are worth reading.</param>
/// <param name="Origin">Where the map comes from.</param>
/// <param name="Describe">Tells how the source is now.</param>
public sealed record OpenedSource(
    IDisk Disk, AllocationMap Map, AllocationOrigin Origin, Func<SourceStatus> Describe)
{
    /// <summary>
    /// Finds out more exactly what is allocated, at a cost that only a packed format is worth; null when
    /// <see cref="Map"/> is the best there is. Called again after a failure.
    /// </summary>
    public Func<CancellationToken, Task<AllocationMap>>? FindPackingMap { get; init; }

    /// <summary>More about <see cref="Origin"/>, for people: why it is not better; null for nothing.</summary>
    public string? OriginNote { get; init; }

    /// <summary>
    /// The local file that holds the disk's bytes and nothing else, at the same offsets; null when there is none. Open
    /// for reading for as long as the disk is, and the disk's.
    /// </summary>
    public SafeFileHandle? LocalFile { get; init; }

    /// <summary>How long one read may take in all.</summary>
    public ReadLimit Limit { get; init; } = ReadLimit.None;

    /// <summary>Where its blocks are kept from mount to mount; null for a disk that may change, or when none
    /// are.</summary>
    internal StoredContent? Stored { get; init; }
}
