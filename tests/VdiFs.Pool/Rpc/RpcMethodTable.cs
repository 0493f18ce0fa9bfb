namespace VdiFs.Pool.Rpc;

/// <summary>The methods of the API by name; "_" may stand for "." as on the real one.</summary>
public sealed class RpcMethodTable
{
    private readonly Dictionary<string, RpcMethod> _methods = new(StringComparer.Ordinal);

    /// <summary>Their names.</summary>
    public IEnumerable<string> Names => _methods.Values.Select(method => method.Name);

    /// <summary>Adds a method.</summary>
    public void Add(RpcMethod method) => _methods.Add(Key(method.Name), method);

    /// <summary>Adds a method that answers at once.</summary>
    public void Add(string name, int count, Func<RpcArguments, RpcValue> handler, bool hasAsync = false) =>
        Add(new RpcMethod(name, count, count, (arguments, _) => Task.FromResult(handler(arguments)))
        {
            HasAsync = hasAsync,
        });

    /// <summary>Adds a method that answers at once, with nothing.</summary>
    public void Add(string name, int count, Action<RpcArguments> handler, bool hasAsync = false) =>
        Add(
            name,
            count,
            arguments =>
            {
                handler(arguments);
                return RpcValue.Void;
            },
            hasAsync);

    /// <summary>The method of a name; null when there is none.</summary>
    public RpcMethod? Find(string name) => _methods.GetValueOrDefault(Key(name));

    private static string Key(string name) => name.Replace('.', '_');
}
