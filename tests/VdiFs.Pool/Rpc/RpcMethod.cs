namespace VdiFs.Pool.Rpc;

/// <summary>A method of the API.</summary>
/// <param name="Name">As system.listMethods lists it: VDI.snapshot.</param>
/// <param name="Fewest">Least number of arguments, without the session.</param>
/// <param name="Most">Greatest number of arguments, without the session.</param>
/// <param name="Handler">What it does.</param>
public sealed record RpcMethod(
    string Name, int Fewest, int Most, Func<RpcArguments, CancellationToken, Task<RpcValue>> Handler)
{
    /// <summary>Whether its first argument is a session.</summary>
    public bool NeedsSession { get; init; } = true;

    /// <summary>Whether it exists with the prefix "Async." too.</summary>
    public bool HasAsync { get; init; }
}
