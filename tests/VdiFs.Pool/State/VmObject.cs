using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>A virtual machine, a template, a snapshot of one, or a control domain.</summary>
public sealed class VmObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public VmObject(PoolState state)
        : base(state)
    {
        Vbds = new WireSet(this);
        Snapshots = new WireSet(this);
    }

    /// <inheritdoc/>
    public override string ClassName => "VM";

    /// <summary>What people call it.</summary>
    public string NameLabel { get; set => Set(ref field, value); } = "";

    /// <summary>What people say of it.</summary>
    public string NameDescription { get; set => Set(ref field, value); } = "";

    /// <summary>Halted, Running, Paused or Suspended.</summary>
    public string PowerState { get; set => Set(ref field, value); } = "Halted";

    /// <summary>Whether it is a template; snapshots are too.</summary>
    public bool IsATemplate { get; set => Set(ref field, value); }

    /// <summary>Whether it came with the product.</summary>
    public bool IsDefaultTemplate { get; init; }

    /// <summary>Whether it is a host's dom0.</summary>
    public bool IsControlDomain { get; init; }

    /// <summary>Whether it is a snapshot.</summary>
    public bool IsASnapshot { get; set => Set(ref field, value); }

    /// <summary>Reference of what it is a snapshot of; may dangle.</summary>
    public string SnapshotOf { get; set => Set(ref field, value); } = NullRef;

    /// <summary>When it was taken.</summary>
    public DateTimeOffset SnapshotTime { get; set => Set(ref field, value); } = Never;

    /// <summary>Where it runs.</summary>
    public HostObject? ResidentOn { get; set => Set(ref field, value); }

    /// <summary>Its memory, when suspended.</summary>
    public VdiObject? SuspendVdi { get; set => Set(ref field, value); }

    /// <summary>References of its VBDs; kept by the VBDs.</summary>
    public WireSet Vbds { get; }

    /// <summary>References of its snapshots.</summary>
    public WireSet Snapshots { get; }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("allowed_operations", RpcValue.Of(Array.Empty<string>())),
        ("current_operations", RpcValue.Of(CurrentOperations)),
        ("name_label", RpcValue.Of(NameLabel)),
        ("name_description", RpcValue.Of(NameDescription)),
        ("power_state", RpcValue.Of(PowerState)),
        ("user_version", RpcValue.Of(1L)),
        ("is_a_template", RpcValue.Of(IsATemplate)),
        ("is_default_template", RpcValue.Of(IsDefaultTemplate)),
        ("suspend_VDI", RefOf(SuspendVdi)),
        ("resident_on", RefOf(ResidentOn)),
        ("scheduled_to_be_resident_on", RpcValue.Of(NullRef)),
        ("affinity", RpcValue.Of(NullRef)),
        ("memory_static_max", RpcValue.Of(2147483648L)),
        ("memory_static_min", RpcValue.Of(1073741824L)),
        ("VCPUs_max", RpcValue.Of(2L)),
        ("VCPUs_at_startup", RpcValue.Of(2L)),
        ("consoles", RpcValue.Of(Array.Empty<string>())),
        ("VIFs", RpcValue.Of(Array.Empty<string>())),
        ("VBDs", RpcValue.Of(Vbds)),
        ("VUSBs", RpcValue.Of(Array.Empty<string>())),
        ("VTPMs", RpcValue.Of(Array.Empty<string>())),
        ("HVM_boot_policy", RpcValue.Of("BIOS order")),
        ("HVM_boot_params", RpcValue.Of(new Dictionary<string, string> { ["firmware"] = "bios", ["order"] = "cd" })),
        ("platform", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("other_config", RpcValue.Of(OtherConfig)),
        ("domid", RpcValue.Of(PowerState == "Running" ? 1L : -1L)),
        ("is_control_domain", RpcValue.Of(IsControlDomain)),
        ("guest_metrics", RpcValue.Of(NullRef)),
        ("metrics", RpcValue.Of(NullRef)),
        ("is_a_snapshot", RpcValue.Of(IsASnapshot)),
        ("snapshot_of", RpcValue.Of(SnapshotOf)),
        ("snapshots", RpcValue.Of(Snapshots)),
        ("snapshot_time", RpcValue.Of(SnapshotTime)),
        ("transportable_snapshot_id", RpcValue.Of("")),
        ("blobs", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("tags", RpcValue.Of(Tags)),
        ("blocked_operations", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("snapshot_info", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("snapshot_metadata", RpcValue.Of("")),
        ("parent", RpcValue.Of(NullRef)),
        ("children", RpcValue.Of(Array.Empty<string>())),
        ("is_snapshot_from_vmpp", RpcValue.Of(false)),
        ("is_vmss_snapshot", RpcValue.Of(false)),
    ];

    internal override void Link() => Owner.Find<VmObject>(SnapshotOf)?.Snapshots.Add(Ref);

    internal override void Unlink() => Owner.Find<VmObject>(SnapshotOf)?.Snapshots.Remove(Ref);
}
