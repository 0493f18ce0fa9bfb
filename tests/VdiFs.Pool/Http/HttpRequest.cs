namespace VdiFs.Pool.Http;

/// <summary>A request's header block, and the body for those that have one.</summary>
public sealed class HttpRequest
{
    /// <summary>GET, POST.</summary>
    public required string Method { get; init; }

    /// <summary>The path, without the query, as it was sent.</summary>
    public required string Path { get; init; }

    /// <summary>HTTP/1.0 or HTTP/1.1.</summary>
    public required string Version { get; init; }

    /// <summary>Header fields; names compare without case.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>Query parameters, decoded, and cookies: XAPI takes either.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>The body.</summary>
    public byte[] Body { get; init; } = [];

    /// <summary>Whether the client lets the connection stand.</summary>
    public bool WantsKeepAlive
    {
        get
        {
            string connection = Headers.GetValueOrDefault("connection", "");
            return Version == "HTTP/1.1"
                ? !connection.Equals("close", StringComparison.OrdinalIgnoreCase)
                : connection.Equals("keep-alive", StringComparison.OrdinalIgnoreCase);
        }
    }
}
