using System.Text;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vmdk;

/// <summary>VMDK in two files (monolithicFlat): this one is text, and names the one with the disk's bytes
/// (<see cref="VmdkFlatExtentFormat"/>). The VMDK for disks with more than 2 TiB of data.</summary>
internal sealed class VmdkFlatFormat : ImageFormat
{
    internal const string FormatName = "flat.vmdk";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override bool IsListedByDefault => false;

    /// <inheritdoc/>
    public override bool IsPacked => false;

    private protected override long MaxDiskLength => VmdkLimits.MaxDiskLength;

    private protected override long MinDiskLength => 1;

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map)
    {
        VmdkExtent extent = VmdkExtent.Flat(Sector.Count(map.DiskLength), VmdkFlatExtentFormat.ExtentFileName);
        string descriptor = VmdkDescriptor.Of(identity, Name, VmdkCreateType.Flat, extent).ToText();
        return new RegionLayout([new ConstantRegion(Encoding.ASCII.GetBytes(descriptor))]);
    }
}
