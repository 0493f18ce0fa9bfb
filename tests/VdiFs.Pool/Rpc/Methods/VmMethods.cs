using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>VM.*.</summary>
internal static class VmMethods
{
    public static void Add(RpcMethodTable methods, PoolState state)
    {
        methods.Add(new RpcMethod("VM.snapshot", 2, 3, (a, _) => Task.FromResult(RpcValue.Of(
            state.Snapshot(a.Object<VmObject>(0), a.Text(1), a.Count > 2 ? a.Texts(2) : []).Ref)))
        {
            HasAsync = true,
        });
        methods.Add("VM.destroy", 1, a => state.Destroy(a.Object<VmObject>(0)), hasAsync: true);
        methods.Add(
            "VM.start_on", 4, a => state.Start(a.Object<VmObject>(0), a.Object<HostObject>(1)), hasAsync: true);
        methods.Add("VM.hard_shutdown", 1, a => state.Shutdown(a.Object<VmObject>(0)), hasAsync: true);
    }
}
