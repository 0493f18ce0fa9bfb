namespace VdiFs.Xapi.Model;

/// <summary>Of class "host_metrics".</summary>
public sealed record HostMetricsRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>Whether the coordinator hears the host.</summary>
    public bool Live { get; init; }
}
