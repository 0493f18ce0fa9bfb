using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>Whether a host lives.</summary>
public sealed class HostMetricsObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public HostMetricsObject(PoolState state)
        : base(state)
    {
    }

    /// <inheritdoc/>
    public override string ClassName => "host_metrics";

    /// <summary>Whether the coordinator hears from the host.</summary>
    public bool Live { get; set => Set(ref field, value); } = true;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("memory_total", RpcValue.Of(17179869184L)),
        ("memory_free", RpcValue.Of(8589934592L)),
        ("live", RpcValue.Of(Live)),
        ("last_updated", RpcValue.Of(Never)),
        ("other_config", RpcValue.Of(OtherConfig)),
    ];
}
