using System.Text;
using System.Text.Json;

namespace VdiFs.Tests.Xapi.Scripted;

/// <summary>What a scripted host sends back, byte for byte.</summary>
internal sealed record HostAnswer(byte[] Bytes, bool Closes)
{
    public static HostAnswer Json(string body, string headers = "") =>
        Of("200 OK", $"Content-Type: application/json\r\n{headers}", Encoding.UTF8.GetBytes(body));

    public static HostAnswer Result(string json) => Json($$"""{"jsonrpc":"2.0","result":{{json}},"id":1}""");

    public static HostAnswer Fault(string code, params string[] parameters) => FaultWith("", code, parameters);

    public static HostAnswer FaultWith(string headers, string code, params string[] parameters) => Json(
        $$$"""{"jsonrpc":"2.0","error":{"code":1,"message":"{{{code}}}","data":[{{{Quoted(parameters)}}}]},"id":1}""",
        headers);

    public static HostAnswer Of(string status, string headers, byte[] body) => new(
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\n{headers}Content-Length: {body.Length}\r\n\r\n"), .. body],
        false);

    /// <summary>As XAPI sends an export: no length, the end is the end of the connection.</summary>
    public static HostAnswer Export(byte[] body) => new(
        [
            .. "HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: no-cache, no-store\r\n"u8,
            .. "content-type: application/vhd\r\n\r\n"u8, .. body,
        ],
        true);

    /// <summary>The connection ends without a word.</summary>
    public static HostAnswer Cut() => new([], true);

    private static string Quoted(string[] texts) =>
        string.Join(',', texts.Select(text => '"' + JsonEncodedText.Encode(text).ToString() + '"'));
}
