using VdiFs.Pool.Content;
using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>A virtual disk image.</summary>
public sealed class VdiObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public VdiObject(PoolState state)
        : base(state)
    {
        Vbds = new WireSet(this);
        Snapshots = new WireSet(this);
        SmConfig = new WireMap(this);
        Location = Uuid;
    }

    /// <inheritdoc/>
    public override string ClassName => "VDI";

    /// <summary>Its bytes; null for one that has none (cbt_metadata, the large pool).</summary>
    public IVdiContent? Content { get; set; }

    /// <summary>What people call it.</summary>
    public string NameLabel { get; set => Set(ref field, value); } = "";

    /// <summary>What people say of it.</summary>
    public string NameDescription { get; set => Set(ref field, value); } = "";

    /// <summary>The SR it lies in.</summary>
    public required SrObject Sr { get; init; }

    /// <summary>References of its VBDs; kept by the VBDs themselves.</summary>
    public WireSet Vbds { get; }

    /// <summary>References of its snapshots.</summary>
    public WireSet Snapshots { get; }

    /// <summary>The size the guest sees.</summary>
    public long VirtualSizeBytes { get; set => Set(ref field, value); }

    /// <summary>What it takes in its SR.</summary>
    public long PhysicalUtilisationBytes { get; set => Set(ref field, value); }

    /// <summary>user, system, suspend, cbt_metadata and so on.</summary>
    public string Type { get; set => Set(ref field, value); } = "user";

    /// <summary>Whether several VMs may write to it.</summary>
    public bool Sharable { get; set => Set(ref field, value); }

    /// <summary>Whether nobody may write to it.</summary>
    public bool ReadOnly { get; set => Set(ref field, value); }

    /// <summary>What the SR driver calls it.</summary>
    public string Location { get; set => Set(ref field, value); }

    /// <summary>False for a base copy.</summary>
    public bool Managed { get; set => Set(ref field, value); } = true;

    /// <summary>Whether the SR no longer finds it.</summary>
    public bool Missing { get; set => Set(ref field, value); }

    /// <summary>Whether it is a snapshot.</summary>
    public bool IsASnapshot { get; set => Set(ref field, value); }

    /// <summary>Reference of what it is a snapshot of; may dangle.</summary>
    public string SnapshotOf { get; set => Set(ref field, value); } = NullRef;

    /// <summary>When it was taken.</summary>
    public DateTimeOffset SnapshotTime { get; set => Set(ref field, value); } = Never;

    /// <summary>persist or reset.</summary>
    public string OnBoot { get; set => Set(ref field, value); } = "persist";

    /// <summary>Whether it is the guest tools.</summary>
    public bool IsToolsIso { get; set => Set(ref field, value); }

    /// <summary>Whether changed blocks are tracked.</summary>
    public bool CbtEnabled { get; set => Set(ref field, value); }

    /// <summary>What the SR driver noted: vhd-parent, type, image-format, host_OpaqueRef:... = RO or RW.</summary>
    public WireMap SmConfig { get; }

    /// <summary>Since when changed blocks are tracked as one chain; null when they are not.</summary>
    public string? CbtChain { get; set; }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("name_label", RpcValue.Of(NameLabel)),
        ("name_description", RpcValue.Of(NameDescription)),
        ("allowed_operations", RpcValue.Of(Array.Empty<string>())),
        ("current_operations", RpcValue.Of(CurrentOperations)),
        ("SR", RefOf(Sr)),
        ("VBDs", RpcValue.Of(Vbds)),
        ("crash_dumps", RpcValue.Of(Array.Empty<string>())),
        ("virtual_size", RpcValue.Of(VirtualSizeBytes)),
        ("physical_utilisation", RpcValue.Of(PhysicalUtilisationBytes)),
        ("type", RpcValue.Of(Type)),
        ("sharable", RpcValue.Of(Sharable)),
        ("read_only", RpcValue.Of(ReadOnly)),
        ("other_config", RpcValue.Of(OtherConfig)),
        ("storage_lock", RpcValue.Of(false)),
        ("location", RpcValue.Of(Location)),
        ("managed", RpcValue.Of(Managed)),
        ("missing", RpcValue.Of(Missing)),
        ("parent", RpcValue.Of(NullRef)),
        ("xenstore_data", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("sm_config", RpcValue.Of(SmConfig)),
        ("is_a_snapshot", RpcValue.Of(IsASnapshot)),
        ("snapshot_of", RpcValue.Of(SnapshotOf)),
        ("snapshots", RpcValue.Of(Snapshots)),
        ("snapshot_time", RpcValue.Of(SnapshotTime)),
        ("tags", RpcValue.Of(Tags)),
        ("allow_caching", RpcValue.Of(false)),
        ("on_boot", RpcValue.Of(OnBoot)),
        ("metadata_of_pool", RpcValue.Of(NullRef)),
        ("metadata_latest", RpcValue.Of(false)),
        ("is_tools_iso", RpcValue.Of(IsToolsIso)),
        ("cbt_enabled", RpcValue.Of(CbtEnabled)),
    ];

    internal override void Link()
    {
        Sr.Vdis.Add(Ref);
        Owner.Find<VdiObject>(SnapshotOf)?.Snapshots.Add(Ref);
    }

    internal override void Unlink()
    {
        Sr.Vdis.Remove(Ref);
        Owner.Find<VdiObject>(SnapshotOf)?.Snapshots.Remove(Ref);
    }
}
