using System.Text.Json;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Model.Reading;
using VdiFs.Xapi.Rpc;

namespace VdiFs.Xapi.Calls;

/// <summary>Results of calls, checked to be what the method returns.</summary>
internal static class CallResult
{
    public static async Task<OpaqueRef> CallForRefAsync(
        this XapiSession session,
        string method,
        IReadOnlyList<XapiValue> arguments,
        CancellationToken cancellationToken) => Reference(
            await session.CallAsync(method, arguments, cancellationToken).ConfigureAwait(false), method);

    /// <summary>Begins an asynchronous call; returns its task.</summary>
    public static async Task<OpaqueRef> StartForTaskAsync(
        this XapiSession session,
        string method,
        IReadOnlyList<XapiValue> arguments,
        IReadOnlyDictionary<string, string> taskNotes,
        CancellationToken cancellationToken) => Reference(
            await session.StartAsync(method, arguments, taskNotes, cancellationToken).ConfigureAwait(false), method);

    public static async Task<string> CallForTextAsync(
        this XapiSession session,
        string method,
        IReadOnlyList<XapiValue> arguments,
        CancellationToken cancellationToken)
    {
        JsonElement result = await session.CallAsync(method, arguments, cancellationToken).ConfigureAwait(false);
        return Text(result, method);
    }

    public static async Task<RecordFields> CallForRecordAsync(
        this XapiSession session, string method, OpaqueRef self, CancellationToken cancellationToken)
    {
        JsonElement result = await session.CallAsync(method, [self], cancellationToken).ConfigureAwait(false);
        return result.ValueKind == JsonValueKind.Object
            ? new RecordFields(result)
            : throw Unexpected(method, "no record");
    }

    public static IEnumerable<JsonElement> Items(JsonElement result, string method)
    {
        bool isArrayOfObjects = result.ValueKind == JsonValueKind.Array
            && result.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object);
        return isArrayOfObjects ? result.EnumerateArray() : throw Unexpected(method, "no set of records");
    }

    public static IReadOnlyList<string> Texts(JsonElement result, string method) =>
        result.ValueKind == JsonValueKind.Array
            ? [.. result.EnumerateArray()
                .Where(item => item.ValueKind == JsonValueKind.String)
                .Select(item => item.GetString()!)]
            : throw Unexpected(method, "no set of texts");

    public static IReadOnlyDictionary<string, string> Map(JsonElement result, string method) =>
        result.ValueKind == JsonValueKind.Object
            ? result.EnumerateObject()
                .Where(field => field.Value.ValueKind == JsonValueKind.String)
                .GroupBy(field => field.Name, StringComparer.Ordinal)
                .ToDictionary(fields => fields.Key, fields => fields.Last().Value.GetString()!, StringComparer.Ordinal)
            : throw Unexpected(method, "no map");

    /// <summary>A TCP port; 0, to which nobody can connect, for what is none.</summary>
    public static int Port(long number) => number is > 0 and <= ushort.MaxValue ? (int)number : 0;

    private static OpaqueRef Reference(JsonElement result, string method)
    {
        OpaqueRef reference = new(Text(result, method));
        return reference.IsNull ? throw Unexpected(method, "no reference") : reference;
    }

    private static string Text(JsonElement result, string method) =>
        result.ValueKind == JsonValueKind.String ? result.GetString()! : throw Unexpected(method, "no string");

    private static XapiException Unexpected(string method, string found) =>
        new(XapiErrorKind.Protocol, $"{method} returned {found}");
}
