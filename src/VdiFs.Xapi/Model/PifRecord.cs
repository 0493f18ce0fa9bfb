namespace VdiFs.Xapi.Model;

/// <summary>Of class "PIF": a network interface of one host.</summary>
public sealed record PifRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>The host.</summary>
    public OpaqueRef Host { get; init; }

    /// <summary>The network.</summary>
    public OpaqueRef Network { get; init; }

    /// <summary>Whether it is up.</summary>
    public bool CurrentlyAttached { get; init; }

    /// <summary>Whether XAPI listens on it.</summary>
    public bool Management { get; init; }

    /// <summary>IPv4 address; empty when it has none.</summary>
    public string Ip { get; init; } = "";

    /// <summary>IPv6 addresses, each perhaps with /prefix.</summary>
    public IReadOnlyList<string> Ipv6 { get; init; } = [];
}
