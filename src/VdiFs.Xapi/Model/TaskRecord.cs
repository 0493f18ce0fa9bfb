namespace VdiFs.Xapi.Model;

/// <summary>Of class "task".</summary>
public sealed record TaskRecord
{
    /// <summary>
    /// How the keys of <see cref="OtherConfig"/> begin that came with the call which made the task (xapi:
    /// taskHelper.ml).
    /// </summary>
    public const string CallersPrefix = "http:";

    private const string ResultStart = "<value>";
    private const string ResultEnd = "</value>";

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

    /// <summary>When it was made; 1970 when XAPI does not say.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>What it came to, as an XML-RPC value; empty before, and where there is nothing to tell.</summary>
    public string Result { get; init; } = "";

    /// <summary>The object that it came to; null before, and when that is none.</summary>
    public OpaqueRef ResultRef =>
        Result.StartsWith(ResultStart, StringComparison.Ordinal) && Result.EndsWith(ResultEnd, StringComparison.Ordinal)
            ? new OpaqueRef(Result[ResultStart.Length..^ResultEnd.Length])
            : OpaqueRef.Null;

    /// <summary>The error of a failed one: code, then parameters (error_info).</summary>
    public IReadOnlyList<string> ErrorInfo { get; init; } = [];

    /// <summary>Anything any client noted.</summary>
    public IReadOnlyDictionary<string, string> OtherConfig { get; init; } = EmptyMap.Instance;

    /// <summary>Task reference to operation; "cancel" when somebody pressed cancel.</summary>
    public IReadOnlyDictionary<string, string> CurrentOperations { get; init; } = EmptyMap.Instance;
}
