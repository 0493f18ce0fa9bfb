using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>Something XAPI tells people.</summary>
public sealed class MessageObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public MessageObject(PoolState state)
        : base(state)
    {
    }

    /// <inheritdoc/>
    public override string ClassName => "message";

    /// <summary>VDI_CBT_METADATA_INCONSISTENT and so on.</summary>
    public string Name { get; init; } = "";

    /// <summary>1 is worst.</summary>
    public long Priority { get; init; } = 3;

    /// <summary>Class of what it is about.</summary>
    public string Class { get; init; } = "VDI";

    /// <summary>Uuid of what it is about.</summary>
    public string ObjectUuid { get; init; } = "";

    /// <summary>The text.</summary>
    public string Body { get; init; } = "";

    /// <summary>When.</summary>
    public DateTimeOffset Timestamp { get; init; } = Never;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("name", RpcValue.Of(Name)),
        ("priority", RpcValue.Of(Priority)),
        ("cls", RpcValue.Of(Class)),
        ("obj_uuid", RpcValue.Of(ObjectUuid)),
        ("timestamp", RpcValue.Of(Timestamp)),
        ("body", RpcValue.Of(Body)),
    ];
}
