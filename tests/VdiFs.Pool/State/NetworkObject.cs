using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>A network of the pool.</summary>
public sealed class NetworkObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public NetworkObject(PoolState state)
        : base(state)
    {
        Pifs = new WireSet(this);
        Purpose = new WireSet(this);
    }

    /// <inheritdoc/>
    public override string ClassName => "network";

    /// <summary>What people call it.</summary>
    public string NameLabel { get; set => Set(ref field, value); } = "";

    /// <summary>Name of its bridge.</summary>
    public string Bridge { get; init; } = "xenbr0";

    /// <summary>References of its PIFs; kept by the PIFs.</summary>
    public WireSet Pifs { get; }

    /// <summary>nbd, insecure_nbd.</summary>
    public WireSet Purpose { get; }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("name_label", RpcValue.Of(NameLabel)),
        ("name_description", RpcValue.Of("")),
        ("allowed_operations", RpcValue.Of(Array.Empty<string>())),
        ("current_operations", RpcValue.Of(CurrentOperations)),
        ("VIFs", RpcValue.Of(Array.Empty<string>())),
        ("PIFs", RpcValue.Of(Pifs)),
        ("MTU", RpcValue.Of(1500L)),
        ("other_config", RpcValue.Of(OtherConfig)),
        ("bridge", RpcValue.Of(Bridge)),
        ("managed", RpcValue.Of(true)),
        ("blobs", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("tags", RpcValue.Of(Tags)),
        ("default_locking_mode", RpcValue.Of("unlocked")),
        ("assigned_ips", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("purpose", RpcValue.Of(Purpose)),
    ];
}
