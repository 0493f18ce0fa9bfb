namespace VdiFs.Xapi.Model;

/// <summary>Of class "PBD": the connection of one SR to one host.</summary>
public sealed record PbdRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>The host.</summary>
    public OpaqueRef Host { get; init; }

    /// <summary>The SR.</summary>
    public OpaqueRef Sr { get; init; }

    /// <summary>Whether the host sees the SR, as the pool last knew.</summary>
    public bool CurrentlyAttached { get; init; }
}
