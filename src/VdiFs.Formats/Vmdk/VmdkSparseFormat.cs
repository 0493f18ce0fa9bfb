using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vmdk;

/// <summary>VMDK in one sparse file (monolithicSparse): only the grains that are allocated.</summary>
internal sealed class VmdkSparseFormat : ImageFormat
{
    // Grain tables count sectors in 32 bits.
    private const long FileLengthLimit = (1L << 32) * Sector.Bytes;

    /// <inheritdoc/>
    public override string Name => "vmdk";

    /// <inheritdoc/>
    public override bool IsListedByDefault => true;

    /// <inheritdoc/>
    public override bool IsPacked => true;

    // No limit of the header, but what readers were seen to take; the file's own limit comes first unless it is sparse.
    private protected override long MaxDiskLength => 64 * 1024 * BytesPerGibibyte;

    private protected override long MinDiskLength => 1;

    private protected override string? RefusalForAllocation(AllocationMap map)
    {
        long length = VmdkSparseShape.Of(map.WithGranule(VmdkSparseLayout.GrainBytes)).FileLength;
        return length < FileLengthLimit
            ? null
            : $"The disk has so much data that the file would have {length} bytes: a {Name} file stays below "
              + $"{FileLengthLimit} bytes ({FileLengthLimit / BytesPerGibibyte} GiB).";
    }

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        VmdkSparseLayout.Create(identity, map, Name, FileName);
}
