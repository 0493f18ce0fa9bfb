using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>A storage repository.</summary>
public sealed class SrObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public SrObject(PoolState state)
        : base(state)
    {
        Vdis = new WireSet(this);
        Pbds = new WireSet(this);
        SmConfig = new WireMap(this);
    }

    /// <inheritdoc/>
    public override string ClassName => "SR";

    /// <summary>What people call it.</summary>
    public string NameLabel { get; set => Set(ref field, value); } = "";

    /// <summary>What people say of it.</summary>
    public string NameDescription { get; set => Set(ref field, value); } = "";

    /// <summary>References of its VDIs; kept by the VDIs.</summary>
    public WireSet Vdis { get; }

    /// <summary>References of its PBDs; kept by the PBDs.</summary>
    public WireSet Pbds { get; }

    /// <summary>nfs, ext, lvm, iso, udev and so on.</summary>
    public string Type { get; init; } = "nfs";

    /// <summary>user or iso.</summary>
    public string ContentType { get; init; } = "user";

    /// <summary>Whether all hosts see it.</summary>
    public bool Shared { get; init; }

    /// <summary>Its capacity.</summary>
    public long PhysicalSizeBytes { get; set => Set(ref field, value); } = 4L << 40;

    /// <summary>What is used of it.</summary>
    public long PhysicalUtilisationBytes { get; set => Set(ref field, value); }

    /// <summary>What the SR driver noted.</summary>
    public WireMap SmConfig { get; }

    /// <summary>Whether disks in it are plain images without an allocation table (a raw LUN).</summary>
    public bool IsRaw { get; init; }

    /// <summary>Whether a host has it attached.</summary>
    public bool IsSeenBy(HostObject host) =>
        Owner.Read(
            () => Pbds.Any(pbd => Owner.Get<PbdObject>(pbd) is { CurrentlyAttached: true } one && one.Host == host));

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("name_label", RpcValue.Of(NameLabel)),
        ("name_description", RpcValue.Of(NameDescription)),
        ("allowed_operations", RpcValue.Of(Array.Empty<string>())),
        ("current_operations", RpcValue.Of(CurrentOperations)),
        ("VDIs", RpcValue.Of(Vdis)),
        ("PBDs", RpcValue.Of(Pbds)),
        ("virtual_allocation", RpcValue.Of(PhysicalUtilisationBytes)),
        ("physical_utilisation", RpcValue.Of(PhysicalUtilisationBytes)),
        ("physical_size", RpcValue.Of(PhysicalSizeBytes)),
        ("type", RpcValue.Of(Type)),
        ("content_type", RpcValue.Of(ContentType)),
        ("shared", RpcValue.Of(Shared)),
        ("other_config", RpcValue.Of(OtherConfig)),
        ("tags", RpcValue.Of(Tags)),
        ("sm_config", RpcValue.Of(SmConfig)),
        ("blobs", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("local_cache_enabled", RpcValue.Of(false)),
        ("introduced_by", RpcValue.Of(NullRef)),
        ("clustered", RpcValue.Of(false)),
        ("is_tools_sr", RpcValue.Of(false)),
    ];
}
