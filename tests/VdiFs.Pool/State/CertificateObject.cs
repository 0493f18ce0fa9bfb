using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>What the pool knows of a host's certificate.</summary>
public sealed class CertificateObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public CertificateObject(PoolState state)
        : base(state)
    {
    }

    /// <inheritdoc/>
    public override string ClassName => "Certificate";

    /// <summary>Whose.</summary>
    public required HostObject Host { get; init; }

    /// <summary>host, host_internal or ca.</summary>
    public string Type { get; init; } = "host";

    /// <summary>Of its DER form, hexadecimal pairs with colons.</summary>
    public string FingerprintSha256 { get; set => Set(ref field, value); } = "";

    /// <summary>Of its DER form, hexadecimal pairs with colons.</summary>
    public string FingerprintSha1 { get; set => Set(ref field, value); } = "";

    /// <summary>Valid from.</summary>
    public DateTimeOffset NotBefore { get; set => Set(ref field, value); } = Never;

    /// <summary>Valid until.</summary>
    public DateTimeOffset NotAfter { get; set => Set(ref field, value); } = Never;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("name", RpcValue.Of("")),
        ("type", RpcValue.Of(Type)),
        ("host", RefOf(Host)),
        ("not_before", RpcValue.Of(NotBefore)),
        ("not_after", RpcValue.Of(NotAfter)),
        ("fingerprint", RpcValue.Of(FingerprintSha256)),
        ("fingerprint_sha256", RpcValue.Of(FingerprintSha256)),
        ("fingerprint_sha1", RpcValue.Of(FingerprintSha1)),
    ];
}
