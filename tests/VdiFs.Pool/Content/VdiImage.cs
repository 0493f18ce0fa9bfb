namespace VdiFs.Pool.Content;

/// <summary>What a VDI's bytes lie in on its SR; it decides what is known of allocation, and how finely.</summary>
public enum VdiImage
{
    /// <summary>A chain of VHD files: allocation by 2 MiB.</summary>
    Vhd,

    /// <summary>A chain of qcow2 files: allocation by 64 KiB.</summary>
    Qcow2,

    /// <summary>A raw volume: nothing is known of allocation, and there are no snapshots.</summary>
    Raw,
}
