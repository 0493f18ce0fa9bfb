using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>The pool itself.</summary>
public sealed class PoolObject : XapiObject
{
    private static readonly KeyValuePair<string, string>[] Restrictions = [new("restrict_cbt", "false")];

    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public PoolObject(PoolState state)
        : base(state)
    {
    }

    /// <inheritdoc/>
    public override string ClassName => "pool";

    /// <summary>What people call it.</summary>
    public string NameLabel { get; set => Set(ref field, value); } = "";

    /// <summary>The coordinator.</summary>
    public HostObject? Master { get; set => Set(ref field, value); }

    /// <summary>Where disks go by default.</summary>
    public SrObject? DefaultSr { get; set => Set(ref field, value); }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("name_label", RpcValue.Of(NameLabel)),
        ("name_description", RpcValue.Of("")),
        ("master", RefOf(Master)),
        ("default_SR", RefOf(DefaultSr)),
        ("suspend_image_SR", RefOf(DefaultSr)),
        ("crash_dump_SR", RefOf(DefaultSr)),
        ("other_config", RpcValue.Of(OtherConfig)),
        ("ha_enabled", RpcValue.Of(false)),
        ("ha_configuration", RpcValue.Of(Array.Empty<KeyValuePair<string, string>>())),
        ("tags", RpcValue.Of(Tags)),
        ("restrictions", RpcValue.Of(Restrictions)),
        ("allowed_operations", RpcValue.Of(Array.Empty<string>())),
        ("current_operations", RpcValue.Of(CurrentOperations)),
        ("tls_verification_enabled", RpcValue.Of(true)),
    ];
}
