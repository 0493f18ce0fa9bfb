using System.Security.Cryptography.X509Certificates;
using VdiFs.Pool.Faults;
using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>A host of the pool.</summary>
public sealed class HostObject : XapiObject
{
    private static readonly KeyValuePair<string, string>[] SoftwareVersion =
    [
        new("product_brand", "XCP-ng"),
        new("product_version", "8.3.0"),
        new("product_version_text_short", "8.3"),
        new("xapi", "25.27"),
        new("xapi_build", "25.27.0"),
    ];

    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public HostObject(PoolState state)
        : base(state)
    {
        Pbds = new WireSet(this);
        Pifs = new WireSet(this);
        Metrics = new HostMetricsObject(state);
    }

    /// <inheritdoc/>
    public override string ClassName => "host";

    /// <summary>What people call it.</summary>
    public string NameLabel { get; set => Set(ref field, value); } = "";

    /// <summary>Its own name.</summary>
    public string Hostname { get; set => Set(ref field, value); } = "";

    /// <summary>IP address of its management interface.</summary>
    public string Address { get; set => Set(ref field, value); } = "";

    /// <summary>Whether it lives.</summary>
    public HostMetricsObject Metrics { get; }

    /// <summary>References of its PBDs; kept by the PBDs.</summary>
    public WireSet Pbds { get; }

    /// <summary>References of its PIFs; kept by the PIFs.</summary>
    public WireSet Pifs { get; }

    /// <summary>Whether VMs may start on it.</summary>
    public bool Enabled { get; set => Set(ref field, value); } = true;

    /// <summary>Its dom0.</summary>
    public VmObject? ControlDomain { get; set => Set(ref field, value); }

    /// <summary>TCP port of its XAPI.</summary>
    public int HttpsPort { get; init; } = 443;

    /// <summary>TCP port of its xapi-nbd.</summary>
    public int NbdPort { get; init; } = 10809;

    /// <summary>Its certificate now, with the key: what port 443 presents and get_nbd_info hands out.</summary>
    public X509Certificate2? ServerCertificate { get; set; }

    /// <summary>The certificate that its xapi-nbd read at its start; it does not notice a new one.</summary>
    public X509Certificate2? NbdCertificate { get; set; }

    /// <summary>What goes wrong on this host alone.</summary>
    public HostFaults Faults { get; } = new();

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("name_label", RpcValue.Of(NameLabel)),
        ("name_description", RpcValue.Of("")),
        ("allowed_operations", RpcValue.Of(Array.Empty<string>())),
        ("current_operations", RpcValue.Of(CurrentOperations)),
        ("API_version_major", RpcValue.Of(2L)),
        ("API_version_minor", RpcValue.Of(21L)),
        ("API_version_vendor", RpcValue.Of("XenSource")),
        ("enabled", RpcValue.Of(Enabled)),
        ("software_version", RpcValue.Of(SoftwareVersion)),
        ("other_config", RpcValue.Of(OtherConfig)),
        ("capabilities", RpcValue.Of(Array.Empty<string>())),
        ("resident_VMs", Refs(Owner.All<VmObject>().Where(vm => vm.ResidentOn == this))),
        ("PIFs", RpcValue.Of(Pifs)),
        ("PBDs", RpcValue.Of(Pbds)),
        ("host_CPUs", RpcValue.Of(Array.Empty<string>())),
        ("hostname", RpcValue.Of(Hostname)),
        ("address", RpcValue.Of(Address)),
        ("metrics", RefOf(Metrics)),
        ("license_params", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("tags", RpcValue.Of(Tags)),
        ("control_domain", RefOf(ControlDomain)),
        ("ssl_legacy", RpcValue.Of(false)),
        ("tls_verification_enabled", RpcValue.Of(true)),
        ("https_only", RpcValue.Of(true)),
        ("multipathing", RpcValue.Of(false)),
    ];

    internal override void Link() => Owner.Add(Metrics);

    internal override void Unlink() => Owner.Remove(Metrics);
}
