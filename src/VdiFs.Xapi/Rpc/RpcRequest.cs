using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VdiFs.Xapi.Rpc;

/// <summary>Writes calls: JSON-RPC 2.0 with positional parameters.</summary>
internal static class RpcRequest
{
    // Names travel as plain UTF-8; the text goes to no browser.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A call as bytes.</summary>
    /// <param name="method">As "VDI.get_record".</param>
    /// <param name="session">The session reference, which comes first; null for a call that has none.</param>
    /// <param name="arguments">The rest.</param>
    /// <param name="id">Repeated by the reply.</param>
    /// <exception cref="XapiException">Protocol: it is longer than XAPI accepts.</exception>
    public static ReadOnlyMemory<byte> Write(
        string method, string? session, IReadOnlyList<XapiValue> arguments, int id)
    {
        ArrayBufferWriter<byte> body = new();
        using (Utf8JsonWriter writer = new(body, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc"u8, "2.0"u8);
            writer.WriteString("method"u8, method);
            writer.WriteStartArray("params"u8);
            if (session is not null)
            {
                writer.WriteStringValue(session);
            }

            foreach (XapiValue argument in arguments)
            {
                argument.Write(writer);
            }

            writer.WriteEndArray();
            writer.WriteNumber("id"u8, id);
            writer.WriteEndObject();
        }

        return body.WrittenCount <= XapiLimits.RequestBytes
            ? body.WrittenMemory
            : throw new XapiException(
                XapiErrorKind.Protocol,
                $"the arguments of {method} take {body.WrittenCount} bytes; XAPI accepts {XapiLimits.RequestBytes}");
    }
}
