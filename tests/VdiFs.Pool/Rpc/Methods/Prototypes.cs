using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>One object of each class in a pool of its own: from them come the names of the fields.</summary>
internal static class Prototypes
{
    public static IReadOnlyList<XapiObject> Make()
    {
        var state = new PoolState(0, TimeProvider.System);
        state.Add(new PoolObject(state));
        var host = new HostObject(state);
        var sr = new SrObject(state);
        var network = new NetworkObject(state);
        var vm = new VmObject(state);
        return
        [
            state.Pool, host, host.Metrics, sr, network, vm,
            new VdiObject(state) { Sr = sr },
            new VbdObject(state) { Vm = vm },
            new PbdObject(state) { Host = host, Sr = sr },
            new PifObject(state) { Host = host, Network = network },
            new CertificateObject(state) { Host = host },
            new TaskObject(state),
            new MessageObject(state),
            new SessionObject(state),
        ];
    }
}
