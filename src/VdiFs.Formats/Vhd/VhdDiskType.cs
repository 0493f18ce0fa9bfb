namespace VdiFs.Formats.Vhd;

/// <summary>Disk type in the footer (VHD specification, Hard Disk Footer Format).</summary>
internal enum VhdDiskType : uint
{
    /// <summary>Fixed hard disk.</summary>
    Fixed = 2,

    /// <summary>Dynamic hard disk.</summary>
    Dynamic = 3,

    /// <summary>Differencing hard disk.</summary>
    Differencing = 4,
}
