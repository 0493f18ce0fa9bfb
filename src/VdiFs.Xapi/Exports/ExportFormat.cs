namespace VdiFs.Xapi.Exports;

/// <summary>In which format a VDI's export is asked for, to learn what is allocated.</summary>
public enum ExportFormat
{
    /// <summary>VHD: granules of 2 MiB, disks up to 2040 GiB.</summary>
    Vhd,

    /// <summary>qcow2: granules of 64 KiB; since XAPI 25.27.</summary>
    Qcow2,
}
