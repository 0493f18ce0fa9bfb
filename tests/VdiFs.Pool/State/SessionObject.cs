using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>A login. Its reference is a secret, and no event shows it.</summary>
public sealed class SessionObject : XapiObject
{
    /// <summary>A new login.</summary>
    public SessionObject(PoolState state)
        : base(state)
    {
        Ref = PoolState.NewSecretRef();
        LastActive = state.Time.GetUtcNow();
    }

    /// <inheritdoc/>
    public override string ClassName => "session";

    /// <summary>Who.</summary>
    public string User { get; init; } = "root";

    /// <summary>Which program.</summary>
    public string Originator { get; init; } = "";

    /// <summary>When it was last used, refreshed at most every ten minutes.</summary>
    public DateTimeOffset LastActive { get; set => Set(ref field, value); }

    /// <summary>Cancelled when it ends: who waits in event.from wakes.</summary>
    internal CancellationTokenSource Ended { get; } = new();

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("this_host", RefOf(Owner.Pool.Master)),
        ("this_user", RpcValue.Of(NullRef)),
        ("last_active", RpcValue.Of(LastActive)),
        ("pool", RpcValue.Of(false)),
        ("other_config", RpcValue.Of(OtherConfig)),
        ("is_local_superuser", RpcValue.Of(true)),
        ("subject", RpcValue.Of(NullRef)),
        ("validation_time", RpcValue.Of(LastActive)),
        ("auth_user_sid", RpcValue.Of("")),
        ("auth_user_name", RpcValue.Of(User)),
        ("rbac_permissions", RpcValue.Of(Array.Empty<string>())),
        ("tasks", RpcValue.Of(Array.Empty<string>())),
        ("parent", RpcValue.Of(NullRef)),
        ("originator", RpcValue.Of(Originator)),
        ("client_certificate", RpcValue.Of(false)),
    ];
}
