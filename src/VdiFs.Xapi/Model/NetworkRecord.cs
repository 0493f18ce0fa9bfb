namespace VdiFs.Xapi.Model;

/// <summary>Of class "network".</summary>
public sealed record NetworkRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>What people call the network.</summary>
    public string NameLabel { get; init; } = "";

    /// <summary>The bridge on each host.</summary>
    public string Bridge { get; init; } = "";

    /// <summary><c>nbd</c>: NBD over TLS is allowed on it; <c>insecure_nbd</c>: without TLS.</summary>
    public IReadOnlyList<string> Purpose { get; init; } = [];
}
