using System.Globalization;
using VdiFs.Pool.Rpc.Methods;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc;

/// <summary>Runs calls: who may call, on which host, how often; then the method. JSON-RPC and XML-RPC share it.</summary>
public sealed class RpcDispatcher : IAsyncDisposable
{
    private const string AsyncPrefix = "Async.";

    private const string ListMethodsName = "system.listMethods";

    private readonly PoolState _state;
    private readonly RpcMethodTable _methods = new();
    private readonly RateLimit _rateLimit;
    private readonly AsyncCalls _asyncCalls;

    /// <summary>All methods of the simulator.</summary>
    public RpcDispatcher(PoolState state, IReadOnlyDictionary<string, string> passwords, PoolActions actions)
    {
        _state = state;
        _rateLimit = new RateLimit(state);
        _asyncCalls = new AsyncCalls(state);
        SessionMethods.Add(_methods, state, passwords);
        RecordMethods.Add(_methods, state);
        FieldMethods.Add(_methods, state);
        EventMethods.Add(_methods, state);
        TaskMethods.Add(_methods, state);
        VdiMethods.Add(_methods, state);
        CbtMethods.Add(_methods, state);
        VmMethods.Add(_methods, state);
        VbdMethods.Add(_methods, state);
        HostMethods.Add(_methods, state, actions);
        _methods.Add(new RpcMethod(ListMethodsName, 0, 0, (_, _) => Task.FromResult(ListMethods()))
        {
            NeedsSession = false,
        });
    }

    /// <summary>Runs one call.</summary>
    /// <exception cref="XapiFailureException">The error to answer.</exception>
    public async Task<RpcValue> CallAsync(RpcCall call, CancellationToken cancellationToken)
    {
        await _rateLimit.WaitAsync(call.Client, cancellationToken);
        bool isAsync = call.Method.StartsWith(AsyncPrefix, StringComparison.Ordinal);
        string name = isAsync ? call.Method[AsyncPrefix.Length..] : call.Method;
        RpcMethod method = _methods.Find(name) is { } found && (!isAsync || found.HasAsync)
            ? found
            : throw new XapiFailureException("MESSAGE_METHOD_UNKNOWN", call.Method);
        RpcArguments arguments = Bind(call, method);
        RpcValue answer = isAsync
            ? _asyncCalls.Start(call, token => method.Handler(arguments, token))
            : await method.Handler(arguments, cancellationToken);

        // It is done, whoever waits for the answer.
        await Task.Delay(_state.Faults.RpcLatency, _state.Time, cancellationToken);
        return answer;
    }

    /// <summary>Waits for the calls with the prefix "Async." that still run.</summary>
    public ValueTask DisposeAsync() => _asyncCalls.DisposeAsync();

    private RpcArguments Bind(RpcCall call, RpcMethod method)
    {
        int count = call.Arguments.Count - (method.NeedsSession ? 1 : 0);
        if (count < method.Fewest || count > method.Most)
        {
            throw new XapiFailureException(
                "MESSAGE_PARAMETER_COUNT_MISMATCH",
                call.Method,
                method.Fewest.ToString(CultureInfo.InvariantCulture),
                count.ToString(CultureInfo.InvariantCulture));
        }

        RefuseOnMember(call.Host, method);
        if (!method.NeedsSession)
        {
            return new RpcArguments(_state, null, call.Host, call.Arguments);
        }

        string reference = call.Arguments[0].Kind == RpcKind.Text ? call.Arguments[0].Text : "";
        SessionObject session = _state.Sessions.Use(reference);
        return new RpcArguments(_state, session, call.Host, [.. call.Arguments.Skip(1)]);
    }

    /// <summary>A member of the pool answers nobody but its coordinator.</summary>
    private void RefuseOnMember(HostObject host, RpcMethod method)
    {
        HostObject coordinator = _state.Coordinator;
        if (host != coordinator && method.Name != ListMethodsName)
        {
            throw new XapiFailureException("HOST_IS_SLAVE", coordinator.Address);
        }
    }

    private RpcValue ListMethods() => RpcValue.Of(_methods.Names
        .Concat(_methods.Names.Where(name => _methods.Find(name)!.HasAsync).Select(name => AsyncPrefix + name))
        .Order(StringComparer.Ordinal));
}
