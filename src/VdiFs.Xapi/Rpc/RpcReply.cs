namespace VdiFs.Xapi.Rpc;

/// <summary>What came back for a call: a result or a fault.</summary>
/// <typeparam name="T">What the result was read into.</typeparam>
/// <param name="Result">Meaningless when there is a fault.</param>
/// <param name="Fault">Null when XAPI did what was asked.</param>
internal sealed record RpcReply<T>(T? Result, RpcFault? Fault);
