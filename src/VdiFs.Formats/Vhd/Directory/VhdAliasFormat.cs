using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Vhd.Directory;

/// <summary>
/// Xen Orchestra's VHD directory (<see cref="VhdDirectory"/>), as far as it is a file: the alias, which names the
/// directory. It is what Xen Orchestra opens.
/// </summary>
internal sealed class VhdAliasFormat : ImageFormat
{
    /// <inheritdoc/>
    public override string Name => VhdDirectory.FormatName;

    /// <inheritdoc/>
    public override string FileName => "disk" + VhdDirectory.AliasSuffix;

    /// <inheritdoc/>
    public override bool IsListedByDefault => false;

    /// <inheritdoc/>
    public override bool IsPacked => false;

    private protected override long MaxDiskLength => VhdDirectory.MaxDiskLength;

    private protected override long MinDiskLength => 1;

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        VhdDirectory.Alias($"{VhdDirectory.ParentName}/{VhdDirectory.OwnName}");
}
