namespace VdiFs.Formats.Ova;

/// <summary>What starts a virtual machine.</summary>
public enum MachineFirmware
{
    /// <summary>A PC BIOS.</summary>
    Bios,

    /// <summary>UEFI.</summary>
    Uefi,
}
