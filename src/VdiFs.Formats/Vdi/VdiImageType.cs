namespace VdiFs.Formats.Vdi;

/// <summary>Which kind of VDI it is (VDI_IMAGE_TYPE_*).</summary>
internal enum VdiImageType : uint
{
    /// <summary>VDI_IMAGE_TYPE_NORMAL: grows as it is written to.</summary>
    Dynamic = 1,

    /// <summary>VDI_IMAGE_TYPE_FIXED: every block is stored.</summary>
    Fixed = 2,

    /// <summary>VDI_IMAGE_TYPE_DIFF: what is not stored is in the parent.</summary>
    Differencing = 4,
}
