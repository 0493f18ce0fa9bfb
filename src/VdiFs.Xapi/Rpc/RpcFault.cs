using System.Text.Json;

namespace VdiFs.Xapi.Rpc;

/// <summary>XAPI's error: a code and parameters, as they were sent. Not for messages: they may hold secrets.</summary>
/// <param name="Code">As HANDLE_INVALID.</param>
/// <param name="Parameters">What XAPI said beside it.</param>
internal sealed record RpcFault(string Code, IReadOnlyList<string> Parameters)
{
    /// <summary>
    /// Reads the member "error": an object in JSON-RPC 2.0, an array in 1.0 and, whatever was asked, in the states of
    /// emergency and of booting. Null when it is JSON's null.
    /// </summary>
    /// <exception cref="JsonException">It is neither.</exception>
    public static RpcFault? Read(JsonElement error)
    {
        switch (error.ValueKind)
        {
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.Array when error.GetArrayLength() > 0:
                return Make(error[0], error.EnumerateArray().Skip(1));
            case JsonValueKind.Object when error.TryGetProperty("message", out JsonElement code):
                bool hasData = error.TryGetProperty("data", out JsonElement data)
                    && data.ValueKind == JsonValueKind.Array;
                return Make(code, hasData ? data.EnumerateArray() : []);
            default:
                throw new JsonException("the error is neither an object with a message nor an array");
        }
    }

    private static RpcFault Make(JsonElement code, IEnumerable<JsonElement> parameters) =>
        new(Text(code), [.. parameters.Take(XapiLimits.ErrorParameters).Select(Text)]);

    private static string Text(JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
}
