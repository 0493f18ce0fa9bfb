using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>The connection of a host to an SR.</summary>
public sealed class PbdObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public PbdObject(PoolState state)
        : base(state)
    {
        DeviceConfig = new WireMap(this);
    }

    /// <inheritdoc/>
    public override string ClassName => "PBD";

    /// <summary>The host.</summary>
    public required HostObject Host { get; init; }

    /// <summary>The SR.</summary>
    public required SrObject Sr { get; init; }

    /// <summary>How the host finds the SR.</summary>
    public WireMap DeviceConfig { get; }

    /// <summary>Whether the host has the SR attached, or had when it died.</summary>
    public bool CurrentlyAttached { get; set => Set(ref field, value); } = true;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("host", RefOf(Host)),
        ("SR", RefOf(Sr)),
        ("device_config", RpcValue.Of(DeviceConfig)),
        ("currently_attached", RpcValue.Of(CurrentlyAttached)),
        ("other_config", RpcValue.Of(OtherConfig)),
    ];

    internal override void Link()
    {
        Sr.Pbds.Add(Ref);
        Host.Pbds.Add(Ref);
    }

    internal override void Unlink()
    {
        Sr.Pbds.Remove(Ref);
        Host.Pbds.Remove(Ref);
    }
}
