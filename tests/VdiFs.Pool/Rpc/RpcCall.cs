using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc;

/// <summary>One call, whichever encoding brought it.</summary>
/// <param name="Method">The method as it was written.</param>
/// <param name="Arguments">All of its arguments, the session among them.</param>
/// <param name="Host">The host that was asked.</param>
/// <param name="Client">User-Agent and address: what the rate limit counts by.</param>
/// <param name="TaskNotes">What the task of an asynchronous call has in other_config from its beginning.</param>
public sealed record RpcCall(
    string Method,
    IReadOnlyList<RpcValue> Arguments,
    HostObject Host,
    string Client,
    IReadOnlyDictionary<string, string> TaskNotes);
