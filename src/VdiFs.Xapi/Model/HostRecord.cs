namespace VdiFs.Xapi.Model;

/// <summary>Of class "host".</summary>
public sealed record HostRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>What people call the host.</summary>
    public string NameLabel { get; init; } = "";

    /// <summary>Its host name (hostname).</summary>
    public string HostName { get; init; } = "";

    /// <summary>Its management IP address, without brackets.</summary>
    public string Address { get; init; } = "";

    /// <summary>Whether it takes new work.</summary>
    public bool Enabled { get; init; }

    /// <summary>Its host_metrics.</summary>
    public OpaqueRef Metrics { get; init; }

    /// <summary>product_brand, product_version, xapi, ...</summary>
    public IReadOnlyDictionary<string, string> SoftwareVersion { get; init; } = EmptyMap.Instance;
}
