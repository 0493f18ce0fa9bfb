using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Raw;

/// <summary>The disk byte for byte; holds every disk.</summary>
internal sealed class RawFormat : ImageFormat
{
    /// <inheritdoc/>
    public override string Name => "raw";

    /// <inheritdoc/>
    public override bool IsListedByDefault => true;

    /// <inheritdoc/>
    public override bool IsPacked => false;

    /// <inheritdoc/>
    public override bool IsVerbatim => true;

    private protected override long MaxDiskLength => long.MaxValue;

    private protected override long MinDiskLength => 0;

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) => RawLayout.Create(map);
}
