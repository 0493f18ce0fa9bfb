namespace VdiFs.Xapi.Model;

/// <summary>Of class "task".</summary>
public sealed record TaskRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>What it is doing.</summary>
    public string NameLabel { get; init; } = "";

    /// <summary>More of it.</summary>
    public string NameDescription { get; init; } = "";

    /// <summary>pending, success, failure, cancelling or cancelled.</summary>
    public string Status { get; init; } = "";

    /// <summary>0 to 1.</summary>
    public double Progress { get; init; }

    /// <summary>The error of a failed one: code, then parameters (error_info).</summary>
    public IReadOnlyList<string> ErrorInfo { get; init; } = [];

    /// <summary>Anything any client noted.</summary>
    public IReadOnlyDictionary<string, string> OtherConfig { get; init; } = EmptyMap.Instance;

    /// <summary>Task reference to operation; "cancel" when somebody pressed cancel.</summary>
    public IReadOnlyDictionary<string, string> CurrentOperations { get; init; } = EmptyMap.Instance;
}
