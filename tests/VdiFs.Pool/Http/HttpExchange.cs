using System.Text;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Http;

/// <summary>One request on one host, and the way to answer it.</summary>
/// <param name="request">What was asked.</param>
/// <param name="stream">The connection: TLS is off already.</param>
/// <param name="host">The host that was asked.</param>
/// <param name="client">The client's IP address.</param>
public sealed class HttpExchange(HttpRequest request, Stream stream, HostObject host, string client)
{
    /// <summary>What was asked.</summary>
    public HttpRequest Request => request;

    /// <summary>The connection, for a handler that writes its answer itself; set <see cref="KeepAlive"/> to
    /// false.</summary>
    public Stream Stream => stream;

    /// <summary>The host that was asked.</summary>
    public HostObject Host => host;

    /// <summary>The client's IP address.</summary>
    public string Client => client;

    /// <summary>Whether another request may follow on this connection.</summary>
    public bool KeepAlive { get; set; } = request.WantsKeepAlive;

    /// <summary>Answers with a whole body and its length.</summary>
    public async Task RespondAsync(
        string status,
        string contentType,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken,
        params (string Name, string Value)[] headers)
    {
        var head = new StringBuilder();
        head.Append("HTTP/1.1 ").Append(status).Append("\r\n");
        head.Append("connection: ").Append(KeepAlive ? "keep-alive" : "close").Append("\r\n");
        head.Append("cache-control: no-cache, no-store\r\n");
        head.Append("content-type: ").Append(contentType).Append("\r\n");
        foreach ((string name, string value) in headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        head.Append("content-length: ").Append(body.Length).Append("\r\n\r\n");
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.ToString()), cancellationToken);
        await stream.WriteAsync(body, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>Answers with XAPI's page for an error, and ends the connection.</summary>
    public Task FailAsync(
        string status,
        string reason,
        CancellationToken cancellationToken,
        params (string Name, string Value)[] headers)
    {
        KeepAlive = false;
        string page = $"<html><body><h1>HTTP {status}</h1>{reason}</body></html>";
        return RespondAsync(status, "text/html", Encoding.UTF8.GetBytes(page), cancellationToken, headers);
    }
}
