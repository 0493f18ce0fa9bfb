namespace VdiFs.Pool.Rpc;

/// <summary>A request in JSON.</summary>
/// <param name="Method">The method.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Id">The id as it was written, to be written again.</param>
/// <param name="IsVersion2">Whether it said 2.0.</param>
internal sealed record JsonRpcRequest(string Method, IReadOnlyList<RpcValue> Arguments, string Id, bool IsVersion2);
