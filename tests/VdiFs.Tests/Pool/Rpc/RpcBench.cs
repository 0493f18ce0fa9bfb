using VdiFs.Pool;
using VdiFs.Pool.Demo;
using VdiFs.Pool.Rpc;
using VdiFs.Pool.State;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Pool.Rpc;

/// <summary>The demo pool's calls, without a network between; time passes when the test says so.</summary>
internal sealed class RpcBench : IAsyncDisposable
{
    public const string Password = "right";

    public RpcBench(bool isLarge = false)
    {
        State = PoolSimulator.Build(new PoolSimulatorOptions
        {
            Passwords = new Dictionary<string, string>(),
            Time = Clock,
            IsLarge = isLarge,
        });
        Actions = new PoolActions(State);
        Dispatcher = new RpcDispatcher(State, new Dictionary<string, string> { ["root"] = Password }, Actions);
        Session = State.Sessions.Open("root", "tests").Ref;
    }

    public ManualClock Clock { get; } = new();

    public PoolState State { get; }

    public PoolActions Actions { get; }

    public RpcDispatcher Dispatcher { get; }

    public string Session { get; }

    public VmObject Vm(string name) => State.All<VmObject>().First(vm => vm.NameLabel == name && !vm.IsASnapshot);

    public VdiObject Vdi(string name) => State.All<VdiObject>().First(vdi => vdi.NameLabel == name && vdi.Managed);

    public NetworkObject Network => State.All<NetworkObject>().Single(n => n.NameLabel == PoolHardware.NbdNetwork);

    /// <summary>A call with the session in front.</summary>
    public Task<RpcValue> CallAsync(string method, params RpcValue[] arguments) =>
        BareCallAsync(method, [RpcValue.Of(Session), .. arguments]);

    public Task<RpcValue> CallAsync(string method, string first, params string[] more) =>
        CallAsync(method, [RpcValue.Of(first), .. more.Select(RpcValue.Of)]);

    public Task<RpcValue> BareCallAsync(string method, params RpcValue[] arguments) =>
        BareCallAsync(State.Coordinator, method, arguments);

    public Task<RpcValue> BareCallAsync(HostObject host, string method, params RpcValue[] arguments) =>
        Dispatcher.CallAsync(
            new RpcCall(method, arguments, host, "tests", new Dictionary<string, string>()),
            TestContext.Current.CancellationToken);

    public Task<RpcValue> EventsAsync(string token, double seconds, params string[] classes) =>
        CallAsync("event.from", RpcValue.Of(classes), RpcValue.Of(token), RpcValue.Of(seconds));

    /// <summary>Code and parameters of the error that a call must end with.</summary>
    public static async Task<IReadOnlyList<string>> ErrorAsync(Task<RpcValue> call) =>
        (await Assert.ThrowsAsync<XapiFailureException>(() => call)).ErrorInfo;

    public ValueTask DisposeAsync() => Dispatcher.DisposeAsync();
}
