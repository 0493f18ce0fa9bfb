namespace VdiFs.Pool.Http;

/// <summary>Who answers which path. A path matches exactly.</summary>
public sealed class HttpRoutes
{
    private readonly Dictionary<(string Method, string Path), Func<HttpExchange, CancellationToken, Task>> _handlers =
        [];

    /// <summary>Registers a handler, before the servers start.</summary>
    public void Add(string method, string path, Func<HttpExchange, CancellationToken, Task> handler) =>
        _handlers.Add((method, path), handler);

    /// <summary>The handler of a request; null when there is none.</summary>
    public Func<HttpExchange, CancellationToken, Task>? Find(HttpRequest request) =>
        _handlers.GetValueOrDefault((request.Method, request.Path));
}
