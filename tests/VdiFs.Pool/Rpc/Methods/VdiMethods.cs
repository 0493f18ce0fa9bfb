using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>VDI.*: ways to its bytes, snapshots, the end.</summary>
internal static class VdiMethods
{
    public static void Add(RpcMethodTable methods, PoolState state)
    {
        methods.Add("VDI.get_nbd_info", 1, a => NbdInfo.Of(state, a.Object<VdiObject>(0), a.Session));
        methods.Add(new RpcMethod("VDI.snapshot", 1, 2, (a, _) =>
            Task.FromResult(RpcValue.Of(state.Snapshot(a.Object<VdiObject>(0)).Ref)))
        {
            HasAsync = true,
        });
        methods.Add("VDI.destroy", 1, a => state.Destroy(a.Object<VdiObject>(0)), hasAsync: true);
        methods.Add("VDI.revert", 1, a => state.Revert(a.Object<VdiObject>(0)), hasAsync: true);
    }
}
