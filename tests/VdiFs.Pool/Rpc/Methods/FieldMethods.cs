using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>Fields that clients may change: names, tags, other_config.</summary>
internal static class FieldMethods
{
    private static readonly string[] WithTags = ["VM", "VDI", "SR", "host", "network", "pool"];

    private static readonly string[] WithOtherConfig =
        ["VM", "VDI", "SR", "host", "network", "pool", "VBD", "PBD", "PIF", "task"];

    public static void Add(RpcMethodTable methods, PoolState state)
    {
        foreach (string name in WithTags)
        {
            methods.Add($"{name}.add_tags", 2, a => Change(a, name, one => one.Tags.Add(a.Text(1))));
            methods.Add($"{name}.remove_tags", 2, a => Change(a, name, one => one.Tags.Remove(a.Text(1))));
            methods.Add($"{name}.set_tags", 2, a => Change(a, name, one => one.Tags.Replace(a.Texts(1))));
        }

        foreach (string name in WithOtherConfig)
        {
            AddMap(methods, name, "other_config", one => one.OtherConfig);
        }

        AddMap(methods, "VDI", "sm_config", one => ((VdiObject)one).SmConfig);
        AddName<VdiObject>("VDI", (vdi, text) => vdi.NameLabel = text, (vdi, text) => vdi.NameDescription = text);
        AddName<VmObject>("VM", (vm, text) => vm.NameLabel = text, (vm, text) => vm.NameDescription = text);
        AddName<SrObject>("SR", (sr, text) => sr.NameLabel = text, (sr, text) => sr.NameDescription = text);
        methods.Add("VDI.set_on_boot", 2, a => state.Mutate(() => a.Object<VdiObject>(0).OnBoot = a.Text(1)));
        methods.Add("VDI.set_sharable", 2, a => state.Mutate(() => a.Object<VdiObject>(0).Sharable = a.Bool(1)));

        void AddMap(RpcMethodTable table, string name, string field, Func<XapiObject, WireMap> map)
        {
            table.Add($"{name}.add_to_{field}", 3, a => Change(a, name, one => map(one).Add(a.Text(1), a.Text(2))));
            table.Add($"{name}.remove_from_{field}", 2, a => Change(a, name, one => map(one).Remove(a.Text(1))));
            table.Add($"{name}.set_{field}", 2, a => Change(a, name, one => map(one).Replace(a.Map(1))));
        }

        void AddName<T>(string name, Action<T, string> label, Action<T, string> description)
            where T : XapiObject
        {
            methods.Add($"{name}.set_name_label", 2, a => state.Mutate(() => label(a.Object<T>(0), a.Text(1))));
            methods.Add(
                $"{name}.set_name_description", 2, a => state.Mutate(() => description(a.Object<T>(0), a.Text(1))));
        }

        void Change(RpcArguments arguments, string name, Action<XapiObject> change) => state.Mutate(() =>
            change(state.Find<XapiObject>(arguments.Text(0)) is { } one && one.ClassName == name
                ? one
                : throw XapiFailureException.HandleInvalid(name, arguments.Text(0))));
    }
}
