namespace VdiFs.Formats.Vhd;

/// <summary>What every VHD can hold.</summary>
internal static class VhdLimits
{
    /// <summary>
    /// 2040 GiB (0xFF000000 sectors): the limit of Hyper-V, XenServer and qemu. Table entries count sectors in 32 bits,
    /// so that a dynamic VHD of that size stays below 2 TiB even when every block is allocated.
    /// </summary>
    internal const long MaxDiskLength = 0xFF000000L * Sector.Bytes;
}
