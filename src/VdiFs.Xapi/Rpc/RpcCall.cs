using VdiFs.Xapi.Http;
using VdiFs.Xapi.Model;

namespace VdiFs.Xapi.Rpc;

/// <summary>One call to one host. No record: it carries the session, and a login's password.</summary>
internal sealed class RpcCall
{
    /// <summary>Whom to ask.</summary>
    public required HostPort Place { get; init; }

    /// <summary>As "VDI.get_record".</summary>
    public required string Method { get; init; }

    /// <summary>The session reference, which goes first; null for a call without one.</summary>
    public string? Session { get; init; }

    /// <summary>The rest.</summary>
    public IReadOnlyList<XapiValue> Arguments { get; init; } = [];

    /// <summary>
    /// What the task of an asynchronous call bears in its other_config from the beginning, each key behind
    /// <see cref="TaskRecord.CallersPrefix"/>. Keys are lower case: they travel in the names of headers.
    /// </summary>
    public IReadOnlyDictionary<string, string> TaskNotes { get; init; } = EmptyMap.Instance;

    /// <summary>
    /// Done once there is a connection, before the first byte of the call goes out; what it throws keeps it from going.
    /// </summary>
    public Action? Sending { get; init; }

    /// <summary>Longest time for the whole reply.</summary>
    public required TimeSpan Timeout { get; init; }
}
