using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>What every class has: get_all, get_record, a getter for each field.</summary>
internal static class RecordMethods
{
    private const string NameField = "name_label";

    public static void Add(RpcMethodTable methods, PoolState state)
    {
        foreach (XapiObject prototype in Prototypes.Make())
        {
            string name = prototype.ClassName;
            string[] fields = state.Read(() => prototype.Fields.Select(field => field.Name).ToArray());
            AddGetters(methods, state, name, fields);
            if (name != ClassNames.Session)
            {
                AddLists(methods, state, name, fields.Contains(NameField));
            }
        }
    }

    private static void AddGetters(RpcMethodTable methods, PoolState state, string name, string[] fields)
    {
        methods.Add($"{name}.get_record", 1, arguments => Get(arguments).Record);
        methods.Add($"{name}.get_by_uuid", 1, arguments => RpcValue.Of(state.Read(() =>
            state.FindByUuid<XapiObject>(arguments.Text(0)) is { } one && one.ClassName == name
                ? one.Ref
                : throw XapiFailureException.UuidInvalid(name, arguments.Text(0)))));
        foreach (string field in fields)
        {
            methods.Add($"{name}.get_{field}", 1, arguments => Get(arguments).Record.Member(field)!);
        }

        XapiObject Get(RpcArguments arguments) =>
            state.Find<XapiObject>(arguments.Text(0)) is { } one && one.ClassName == name
                ? one
                : throw XapiFailureException.HandleInvalid(name, arguments.Text(0));
    }

    private static void AddLists(RpcMethodTable methods, PoolState state, string name, bool hasName)
    {
        ObjectTable table = state.Table(name);
        methods.Add($"{name}.get_all", 0, _ => state.Read(() => RpcValue.Of(table.Objects.Select(one => one.Ref))));
        methods.Add($"{name}.get_all_records", 0, _ => Records("true"));
        methods.Add($"{name}.get_all_records_where", 1, arguments => Records(arguments.Text(0)));
        if (hasName)
        {
            methods.Add($"{name}.get_by_{NameField}", 1, arguments => state.Read(() => RpcValue.Of(table.Objects
                .Where(one => one.Record.Member(NameField)!.Text == arguments.Text(0))
                .Select(one => one.Ref))));
        }

        RpcValue Records(string expression)
        {
            QueryExpression query = QueryExpression.Parse(expression);
            return state.Read(() => RpcValue.Of(table.Objects
                .Select(one => KeyValuePair.Create(one.Ref, one.Record))
                .Where(pair => query.Matches(pair.Value))));
        }
    }
}
