namespace VdiFs.Xapi.Model;

/// <summary>Of class "VDI": a virtual disk image.</summary>
public sealed record VdiRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>What people call it.</summary>
    public string NameLabel { get; init; } = "";

    /// <summary>What people say of it.</summary>
    public string NameDescription { get; init; } = "";

    /// <summary>The SR it lies in.</summary>
    public OpaqueRef Sr { get; init; }

    /// <summary>Its connections to VMs.</summary>
    public IReadOnlyList<OpaqueRef> Vbds { get; init; } = [];

    /// <summary>The size the guest sees (virtual_size).</summary>
    public long VirtualSizeBytes { get; init; }

    /// <summary>Bytes it takes in its SR; informative only (physical_utilisation).</summary>
    public long PhysicalUtilisationBytes { get; init; }

    /// <summary>
    /// user, system, ephemeral, suspend, crashdump, ha_statefile, metadata, redo_log, rrd, pvs_cache or cbt_metadata.
    /// </summary>
    public string Type { get; init; } = "";

    /// <summary>Whether several VMs may write to it.</summary>
    public bool Sharable { get; init; }

    /// <summary>Whether it may only be attached read-only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>False for a base copy: a node of a chain that no VM uses itself.</summary>
    public bool Managed { get; init; }

    /// <summary>Whether the SR no longer finds it.</summary>
    public bool Missing { get; init; }

    /// <summary>Whether it is a snapshot (is_a_snapshot).</summary>
    public bool IsASnapshot { get; init; }

    /// <summary>What it is a snapshot of; null, dangling when that is gone.</summary>
    public OpaqueRef SnapshotOf { get; init; }

    /// <summary>When it was taken; 1970 for what is no snapshot.</summary>
    public DateTimeOffset SnapshotTime { get; init; }

    /// <summary>Whether it is the guest tools (is_tools_iso).</summary>
    public bool IsToolsIso { get; init; }

    /// <summary>Whether changed blocks are tracked (cbt_enabled).</summary>
    public bool CbtEnabled { get; init; }

    /// <summary>"reset": content is thrown away at each start of the VM; else "persist".</summary>
    public string OnBoot { get; init; } = "";

    /// <summary>What the SR driver noted: vhd-parent, type=raw, image-format, host_OpaqueRef:...=RO or RW.</summary>
    public IReadOnlyDictionary<string, string> SmConfig { get; init; } = EmptyMap.Instance;

    /// <summary>Anything any client noted.</summary>
    public IReadOnlyDictionary<string, string> OtherConfig { get; init; } = EmptyMap.Instance;

    /// <summary>Labels of people and programs.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Task reference to operation, for what is going on (current_operations).</summary>
    public IReadOnlyDictionary<string, string> CurrentOperations { get; init; } = EmptyMap.Instance;
}
