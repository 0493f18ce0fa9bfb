using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>A network interface of a host.</summary>
public sealed class PifObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public PifObject(PoolState state)
        : base(state)
    {
        Ipv6 = new WireSet(this);
    }

    /// <inheritdoc/>
    public override string ClassName => "PIF";

    /// <summary>The host.</summary>
    public required HostObject Host { get; init; }

    /// <summary>The network.</summary>
    public required NetworkObject Network { get; init; }

    /// <summary>eth0 and so on.</summary>
    public string Device { get; init; } = "eth0";

    /// <summary>Its IPv4 address; empty when it has none.</summary>
    public string Ip { get; set => Set(ref field, value); } = "";

    /// <summary>Its IPv6 addresses, with prefix length.</summary>
    public WireSet Ipv6 { get; }

    /// <summary>Whether it is up.</summary>
    public bool CurrentlyAttached { get; set => Set(ref field, value); } = true;

    /// <summary>Whether XAPI listens on it.</summary>
    public bool Management { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("device", RpcValue.Of(Device)),
        ("network", RefOf(Network)),
        ("host", RefOf(Host)),
        ("MAC", RpcValue.Of("02:00:00:00:00:01")),
        ("MTU", RpcValue.Of(1500L)),
        ("VLAN", RpcValue.Of(-1L)),
        ("metrics", RpcValue.Of(NullRef)),
        ("physical", RpcValue.Of(true)),
        ("currently_attached", RpcValue.Of(CurrentlyAttached)),
        ("ip_configuration_mode", RpcValue.Of(Ip.Length > 0 ? "Static" : "None")),
        ("IP", RpcValue.Of(Ip)),
        ("netmask", RpcValue.Of("")),
        ("gateway", RpcValue.Of("")),
        ("DNS", RpcValue.Of("")),
        ("bond_slave_of", RpcValue.Of(NullRef)),
        ("bond_master_of", RpcValue.Of(Array.Empty<string>())),
        ("management", RpcValue.Of(Management)),
        ("other_config", RpcValue.Of(OtherConfig)),
        ("disallow_unplug", RpcValue.Of(false)),
        ("IPv6", RpcValue.Of(Ipv6)),
        ("primary_address_type", RpcValue.Of("IPv4")),
        ("managed", RpcValue.Of(true)),
    ];

    internal override void Link()
    {
        Network.Pifs.Add(Ref);
        Host.Pifs.Add(Ref);
    }

    internal override void Unlink()
    {
        Network.Pifs.Remove(Ref);
        Host.Pifs.Remove(Ref);
    }
}
