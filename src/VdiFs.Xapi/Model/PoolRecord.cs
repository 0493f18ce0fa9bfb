namespace VdiFs.Xapi.Model;

/// <summary>Of class "pool": exactly one per pool.</summary>
public sealed record PoolRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>What people call the pool; often empty.</summary>
    public string NameLabel { get; init; } = "";

    /// <summary>The coordinator (a host).</summary>
    public OpaqueRef Master { get; init; }

    /// <summary>Anything any client noted; <c>xo:backupNetwork</c> is a network uuid.</summary>
    public IReadOnlyDictionary<string, string> OtherConfig { get; init; } = EmptyMap.Instance;
}
