namespace VdiFs.Formats.Qcow2;

/// <summary>Which images are not read, since reading them without understanding all of it would give wrong data.
/// </summary>
internal static class Qcow2Refusal
{
    /// <summary>incompatible_features, bit 0: the refcounts may be wrong.</summary>
    internal const ulong Dirty = 1;

    private const ulong Corrupt = 1 << 1;
    private const ulong ExternalDataFile = 1 << 2;
    private const ulong CompressionType = 1 << 3;
    private const ulong ExtendedL2 = 1 << 4;
    private const uint MaxRefcountOrder = 6;

    /// <summary>Why the image is not read, as one sentence; null when it is.</summary>
    internal static string? Of(Qcow2Header header) => header switch
    {
        { CryptMethod: not 0 } => "The image is encrypted, which is not supported.",
        { SnapshotCount: not 0 } =>
            $"The image has {header.SnapshotCount} snapshots inside, which are not supported: convert it without them.",
        { RefcountOrder: > MaxRefcountOrder } =>
            $"The image says that its refcounts have 2^{header.RefcountOrder} bits: at most 2^{MaxRefcountOrder}.",
        _ => OfFeatures(header.IncompatibleFeatures, header.CompressionType),
    };

    private static string? OfFeatures(ulong features, byte compressionType)
    {
        const ulong Known = Dirty | Corrupt | ExternalDataFile | CompressionType | ExtendedL2;
        return (features & ~Dirty, compressionType) switch
        {
            (0, 0) => null,
            _ when (features & ~Known) != 0 =>
                $"The image has unknown incompatible features (0x{features & ~Known:x}).",
            _ when (features & Corrupt) != 0 => "The image is marked as corrupt.",
            _ when (features & ExternalDataFile) != 0 =>
                "The image has its data in another file (external data file), which is not supported.",
            _ when (features & ExtendedL2) != 0 =>
                "The image has extended L2 entries (subclusters), which are not supported.",
            (_, 1) => "The image is compressed with zstd, which is not supported.",
            _ => $"The image is compressed in an unknown way (compression type {compressionType}, incompatible "
                + $"features 0x{features:x}).",
        };
    }
}
