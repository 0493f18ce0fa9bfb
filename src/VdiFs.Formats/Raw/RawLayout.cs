using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Raw;

/// <summary>The disk itself, of any length, with its unallocated granules as holes.</summary>
internal static class RawLayout
{
    internal static ImageLayout Create(AllocationMap map) =>
        new RegionLayout([new DiskRegion(new SparseDisk(map), map.DiskLength)]);
}
