namespace VdiFs.Xapi.Exports;

/// <summary>What an export's tables say about a disk: bytes outside <see cref="Extents"/> are zero.</summary>
public sealed record ExportedAllocation
{
    /// <summary>The disk's size in bytes, as it was asked for.</summary>
    public required long VirtualSizeBytes { get; init; }

    /// <summary>What extents are multiples of, in bytes; the last one may end with the disk.</summary>
    public required int GranuleBytes { get; init; }

    /// <summary>Allocated ranges in bytes: ascending, apart from each other, inside the disk.</summary>
    public required IReadOnlyList<(long Offset, long Length)> Extents { get; init; }
}
