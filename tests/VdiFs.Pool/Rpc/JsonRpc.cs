using System.Text.Encodings.Web;
using System.Text.Json;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc;

/// <summary>JSON-RPC 1.0 and 2.0 as xapi reads and writes them (ocaml-rpc: src/lib/jsonrpc.ml).</summary>
internal static class JsonRpc
{
    // Deeper nesting is in no call of the API.
    private const int MostDepth = 16;

    // As Yojson: no escape but the needed ones.
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Reads a request.</summary>
    /// <exception cref="FormatException">It is no request of either version.</exception>
    public static JsonRpcRequest Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document =
                JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MostDepth });
            JsonElement root = document.RootElement;
            JsonElement id = root.GetProperty("id");
            if (id.ValueKind is not (JsonValueKind.Number or JsonValueKind.String))
            {
                throw new FormatException("the id is neither a number nor a text");
            }

            return new JsonRpcRequest(
                root.GetProperty("method").GetString() ?? throw new FormatException("no method"),
                [.. root.GetProperty("params").EnumerateArray().Select(Value)],
                id.GetRawText(),
                root.TryGetProperty("jsonrpc", out JsonElement version) && version.ValueEquals("2.0"));
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException(wrong.Message, wrong);
        }
    }

    /// <summary>The answer of a call that went well.</summary>
    public static byte[] Success(JsonRpcRequest request, RpcValue result, bool bareInfinity) => Write(writer =>
    {
        WriteVersion(writer, request);
        writer.WritePropertyName("result");
        Write(writer, result, bareInfinity);
        if (!request.IsVersion2)
        {
            writer.WriteNull("error");
        }

        WriteId(writer, request.Id);
    });

    /// <summary>The answer of a call that failed.</summary>
    public static byte[] Failure(JsonRpcRequest request, XapiFailureException failure) => Write(writer =>
    {
        WriteVersion(writer, request);
        if (request.IsVersion2)
        {
            writer.WriteStartObject("error");
            writer.WriteNumber("code", 1);
            writer.WriteString("message", failure.Code);
            writer.WritePropertyName("data");
            Write(writer, RpcValue.Of(failure.Parameters), false);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("result");
            writer.WritePropertyName("error");
            Write(writer, RpcValue.Of(failure.ErrorInfo), false);
        }

        WriteId(writer, request.Id);
    });

    /// <summary>The answer of a host in emergency: the error is an array and the id 0, in both versions.</summary>
    public static byte[] Emergency(JsonRpcRequest request, string code) => Write(writer =>
    {
        WriteVersion(writer, request);
        if (!request.IsVersion2)
        {
            writer.WriteNull("result");
        }

        writer.WriteStartArray("error");
        writer.WriteStringValue(code);
        writer.WriteEndArray();
        WriteId(writer, "0");
    });

    private static RpcValue Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => RpcValue.Of(element.GetString()!),
        JsonValueKind.Number => element.TryGetInt64(out long number)
            ? RpcValue.Of(number)
            : RpcValue.Of(element.GetDouble()),
        JsonValueKind.True or JsonValueKind.False => RpcValue.Of(element.GetBoolean()),
        JsonValueKind.Array => RpcValue.Of(element.EnumerateArray().Select(Value)),
        JsonValueKind.Object => RpcValue.Of(element.EnumerateObject()
            .Select(member => KeyValuePair.Create(member.Name, Value(member.Value)))),
        _ => RpcValue.Void,
    };

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WriterOptions))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteVersion(Utf8JsonWriter writer, JsonRpcRequest request)
    {
        if (request.IsVersion2)
        {
            writer.WriteString("jsonrpc", "2.0");
        }
    }

    private static void WriteId(Utf8JsonWriter writer, string id)
    {
        writer.WritePropertyName("id");
        writer.WriteRawValue(id);
    }

    private static void Write(Utf8JsonWriter writer, RpcValue value, bool bareInfinity)
    {
        switch (value.Kind)
        {
            case RpcKind.Int:
                writer.WriteNumberValue(value.Int);
                break;
            case RpcKind.Float:
                writer.WriteRawValue(Float(bareInfinity ? double.PositiveInfinity : value.Float), true);
                break;
            case RpcKind.Bool:
                writer.WriteBooleanValue(value.Bool);
                break;
            case RpcKind.Array:
                writer.WriteStartArray();
                foreach (RpcValue item in value.Items)
                {
                    Write(writer, item, bareInfinity);
                }

                writer.WriteEndArray();
                break;
            case RpcKind.Map:
                writer.WriteStartObject();
                foreach ((string name, RpcValue member) in value.Members)
                {
                    writer.WritePropertyName(name);
                    Write(writer, member, bareInfinity);
                }

                writer.WriteEndObject();
                break;
            default:
                writer.WriteStringValue(value.Kind switch
                {
                    RpcKind.Text => value.Text,
                    RpcKind.Time => value.Time,
                    _ => "",
                });
                break;
        }
    }

    /// <summary>Yojson writes a point in every floating-point number, and bare words for what is none.</summary>
    private static string Float(double number) => number switch
    {
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        double.NaN => "NaN",
        _ => XmlRpcWriter.Float(number),
    };
}
