using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>VBD.*.</summary>
internal static class VbdMethods
{
    public static void Add(RpcMethodTable methods, PoolState state)
    {
        methods.Add("VBD.create", 1, a => Create(state, a.Record(0)), hasAsync: true);
        methods.Add("VBD.plug", 1, a => Plug(state, a.Object<VbdObject>(0)), hasAsync: true);
        methods.Add("VBD.unplug", 1, a => Unplug(state, a.Object<VbdObject>(0)), hasAsync: true);
        methods.Add("VBD.destroy", 1, a => Destroy(state, a.Object<VbdObject>(0)), hasAsync: true);
    }

    private static RpcValue Create(PoolState state, RpcValue record) => state.Mutate(() =>
    {
        VmObject vm = state.Get<VmObject>(Field(record, "VM"));
        VdiObject vdi = state.Get<VdiObject>(Field(record, "VDI"));
        HostObject? host = state.Hosts.FirstOrDefault(host => host.ControlDomain == vm);
        return RpcValue.Of(
            state.CreateVbd(vm, vdi, Field(record, "userdevice"), Field(record, "mode"), host).Ref);
    });

    private static string Field(RpcValue record, string name) => record.Member(name) is { Kind: RpcKind.Text } field
        ? field.Text
        : throw new XapiFailureException("FIELD_TYPE_ERROR", name);

    private static void Plug(PoolState state, VbdObject vbd) => state.Mutate(() =>
    {
        HostObject host = vbd.Dom0Host ?? vbd.Vm.ResidentOn
            ?? throw new XapiFailureException("VM_BAD_POWER_STATE", vbd.Vm.Ref, "Running", vbd.Vm.PowerState);
        if (vbd.CurrentlyAttached)
        {
            throw new XapiFailureException("DEVICE_ALREADY_ATTACHED", vbd.Ref);
        }

        state.PlugVbd(vbd, host);
    });

    private static void Unplug(PoolState state, VbdObject vbd) => state.Mutate(() =>
    {
        if (!vbd.CurrentlyAttached)
        {
            throw new XapiFailureException("DEVICE_ALREADY_DETACHED", vbd.Ref);
        }

        state.UnplugVbd(vbd);
    });

    private static void Destroy(PoolState state, VbdObject vbd) => state.Mutate(() =>
    {
        if (vbd.CurrentlyAttached)
        {
            throw new XapiFailureException("OPERATION_NOT_ALLOWED", "VBD is still attached: " + vbd.Ref);
        }

        state.Remove(vbd);
    });
}
