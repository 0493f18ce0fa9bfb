using System.Text.Json;
using Microsoft.Extensions.Logging;
using VdiFs.Xapi.Rpc;

namespace VdiFs.Xapi;

/// <summary>stub</summary>
public sealed class XapiSession : IAsyncDisposable
{
    /// <summary>Number of logins so far. Export names and session references change with it.</summary>
    public int Generation => throw new NotSupportedException();

    /// <summary>The host that is asked now.</summary>
    public XapiAddress Coordinator => throw new NotSupportedException();

    /// <summary>Whether the pool answered the last time it was asked.</summary>
    public bool IsAlive => throw new NotSupportedException();

    /// <summary>Logs in.</summary>
    public static Task<XapiSession> LoginAsync(
        XapiAddress address, XapiLogin login, XapiOptions options, ILogger logger, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Calls.</summary>
    public Task<JsonElement> CallAsync(
        string method, IReadOnlyList<XapiValue> arguments, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    internal Task<JsonElement> CallAboutItselfAsync(string method, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
