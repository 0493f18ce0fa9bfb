namespace VdiFs.Xapi.Model;

/// <summary>Of class "VBD": a disk or CD drive of a VM.</summary>
public sealed record VbdRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>The VM.</summary>
    public OpaqueRef Vm { get; init; }

    /// <summary>The VDI; null for an empty drive.</summary>
    public OpaqueRef Vdi { get; init; }

    /// <summary>Position, a decimal number (userdevice).</summary>
    public string UserDevice { get; init; } = "";

    /// <summary>Name inside the guest, or dom0's device path.</summary>
    public string Device { get; init; } = "";

    /// <summary>Disk, CD or Floppy.</summary>
    public string Type { get; init; } = "";

    /// <summary>RO or RW.</summary>
    public string Mode { get; init; } = "";

    /// <summary>Whether no VDI is in it.</summary>
    public bool Empty { get; init; }

    /// <summary>Whether the guest may boot from it.</summary>
    public bool Bootable { get; init; }

    /// <summary>Whether the VM has it open now (currently_attached).</summary>
    public bool CurrentlyAttached { get; init; }
}
