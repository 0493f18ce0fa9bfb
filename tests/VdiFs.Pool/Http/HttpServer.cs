using VdiFs.Pool.Net;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Http;

/// <summary>The HTTPS port of one host: what stunnel and xapi are there.</summary>
public sealed class HttpServer : IAsyncDisposable
{
    private const int Backlog = 128;

    private readonly HostPort _port;

    private HttpServer(HostObject host, HttpRoutes routes) =>
        _port = new HostPort(host, socket => new HttpConnection(host, routes, socket))
        {
            Limit = () => HttpLimits.Connections,
            ResetsTooMany = true,
        };

    /// <summary>Starts it on the host's address and port.</summary>
    public static HttpServer Start(HostObject host, HttpRoutes routes)
    {
        HttpServer server = new(host, routes);
        server._port.Start(host.HttpsPort, Backlog);
        return server;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _port.DisposeAsync();
}
