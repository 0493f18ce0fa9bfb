namespace VdiFs.Xapi.Model;

/// <summary>Of class "VM": a virtual machine, a template, a snapshot of one, or a control domain.</summary>
public sealed record VmRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>What people call it; may be empty.</summary>
    public string NameLabel { get; init; } = "";

    /// <summary>What people say of it.</summary>
    public string NameDescription { get; init; } = "";

    /// <summary>Whether it is a host's dom0 (is_control_domain).</summary>
    public bool IsControlDomain { get; init; }

    /// <summary>Whether it is a template; snapshots of VMs are too (is_a_template).</summary>
    public bool IsATemplate { get; init; }

    /// <summary>Whether it is a snapshot (is_a_snapshot).</summary>
    public bool IsASnapshot { get; init; }

    /// <summary>What it is a snapshot of.</summary>
    public OpaqueRef SnapshotOf { get; init; }

    /// <summary>When it was taken; 1970 for what is no snapshot.</summary>
    public DateTimeOffset SnapshotTime { get; init; }

    /// <summary>Halted, Running, Paused or Suspended.</summary>
    public string PowerState { get; init; } = "";

    /// <summary>The host it runs on; null when halted.</summary>
    public OpaqueRef ResidentOn { get; init; }

    /// <summary>How many processors it may have (VCPUs_max).</summary>
    public long MaxProcessors { get; init; }

    /// <summary>How much memory it may have (memory_static_max).</summary>
    public long MaxMemoryBytes { get; init; }

    /// <summary>How a guest boots that is no paravirtual one (HVM_boot_params): "firmware" is "bios" or "uefi".</summary>
    public IReadOnlyDictionary<string, string> BootParameters { get; init; } = EmptyMap.Instance;

    /// <summary>Its disks and CD drives.</summary>
    public IReadOnlyList<OpaqueRef> Vbds { get; init; } = [];
}
