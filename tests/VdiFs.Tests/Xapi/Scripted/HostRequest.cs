using System.Text.Json;

namespace VdiFs.Tests.Xapi.Scripted;

/// <summary>A request as it arrived at a scripted host.</summary>
internal sealed class HostRequest
{
    public required string Host { get; init; }

    /// <summary>The request line and the headers, with the empty line.</summary>
    public required string Head { get; init; }

    public required byte[] Body { get; init; }

    public string Verb => Head.Split(' ')[0];

    public string Target => Head.Split(' ')[1];

    public string[] HeaderNames =>
        [.. Head.Split("\r\n").Skip(1).Where(line => line.Length > 0).Select(line => line.Split(':')[0])];

    public string Method => Json.GetProperty("method").GetString()!;

    public JsonElement[] Params => [.. Json.GetProperty("params").EnumerateArray()];

    private JsonElement Json => field.ValueKind == JsonValueKind.Undefined
        ? field = JsonDocument.Parse(Body).RootElement
        : field;

    public string? HeaderOf(string name) => Head.Split("\r\n").Skip(1)
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..]
            .Trim();
}
