using Microsoft.Extensions.Logging;
using VdiFs.Xapi.Model;

namespace VdiFs.Xapi;

/// <summary>stub</summary>
public sealed class PoolMirror : IAsyncDisposable
{
    /// <summary>What the pool had when it last spoke.</summary>
    public PoolDatabase Current => throw new NotSupportedException();

    /// <summary>Why it does not follow just now; null when it does.</summary>
    public string? Trouble => throw new NotSupportedException();

    /// <summary>Returns when loaded.</summary>
    public static Task<PoolMirror> StartAsync(
        XapiSession session, ILogger logger, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Returns when <see cref="Current"/> is another object than <paramref name="seen"/>.</summary>
    public Task WaitForChangeAsync(PoolDatabase seen, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
