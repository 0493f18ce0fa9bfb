using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>A disk or CD drive of a VM.</summary>
public sealed class VbdObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public VbdObject(PoolState state)
        : base(state)
    {
    }

    /// <inheritdoc/>
    public override string ClassName => "VBD";

    /// <summary>The VM.</summary>
    public required VmObject Vm { get; init; }

    /// <summary>The VDI in it; null for an empty drive.</summary>
    public VdiObject? Vdi { get; set => Set(ref field, value); }

    /// <summary>Name inside the guest, or device of dom0.</summary>
    public string Device { get; set => Set(ref field, value); } = "";

    /// <summary>Position.</summary>
    public string UserDevice { get; set => Set(ref field, value); } = "0";

    /// <summary>Whether the guest may boot from it.</summary>
    public bool Bootable { get; init; }

    /// <summary>RO or RW.</summary>
    public string Mode { get; set => Set(ref field, value); } = "RW";

    /// <summary>Disk, CD or Floppy.</summary>
    public string Type { get; set => Set(ref field, value); } = "Disk";

    /// <summary>Whether the VM has it open now.</summary>
    public bool CurrentlyAttached { get; set => Set(ref field, value); }

    /// <summary>Whether it can be unplugged.</summary>
    public bool Unpluggable { get; init; } = true;

    /// <summary>The host whose dom0 serves it; null for a guest's.</summary>
    public HostObject? Dom0Host { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("allowed_operations", RpcValue.Of(Array.Empty<string>())),
        ("current_operations", RpcValue.Of(CurrentOperations)),
        ("VM", RefOf(Vm)),
        ("VDI", RefOf(Vdi)),
        ("device", RpcValue.Of(Device)),
        ("userdevice", RpcValue.Of(UserDevice)),
        ("bootable", RpcValue.Of(Bootable)),
        ("mode", RpcValue.Of(Mode)),
        ("type", RpcValue.Of(Type)),
        ("unpluggable", RpcValue.Of(Unpluggable)),
        ("storage_lock", RpcValue.Of(false)),
        ("empty", RpcValue.Of(Vdi is null)),
        ("other_config", RpcValue.Of(OtherConfig)),
        ("currently_attached", RpcValue.Of(CurrentlyAttached)),
        ("status_code", RpcValue.Of(0L)),
        ("status_detail", RpcValue.Of("")),
        ("runtime_properties", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("qos_algorithm_type", RpcValue.Of("")),
        ("qos_algorithm_params", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("qos_supported_algorithms", RpcValue.Of(Array.Empty<string>())),
        ("metrics", RpcValue.Of(NullRef)),
    ];

    internal override void Link()
    {
        Vm.Vbds.Add(Ref);
        Vdi?.Vbds.Add(Ref);
    }

    internal override void Unlink()
    {
        Vm.Vbds.Remove(Ref);
        Vdi?.Vbds.Remove(Ref);
    }
}
