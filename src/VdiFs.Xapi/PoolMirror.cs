using Microsoft.Extensions.Logging;
using VdiFs.Xapi.Events;
using VdiFs.Xapi.Model;

namespace VdiFs.Xapi;

/// <summary>
/// A copy of a pool's database that follows the pool. Reading it costs the pool nothing. Thread-safe.
/// </summary>
public sealed class PoolMirror : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly PoolFollower _follower;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private PoolDatabase _current = PoolDatabase.Empty;
    private TaskCompletionSource _changed = NewSignal();

    private Task _following = Task.CompletedTask;
    private volatile string? _trouble;

    private PoolMirror(XapiSession session, ILogger logger) =>
        _follower = new PoolFollower(session, logger, Publish, Report);

    /// <summary>
    /// What the pool had when it last spoke. An object that did not change is the same record as before, except after a
    /// reload, when all records are new objects.
    /// </summary>
    public PoolDatabase Current
    {
        get
        {
            lock (_gate)
            {
                return _current;
            }
        }
    }

    /// <summary>Why it does not follow just now, one line; null when it does.</summary>
    public string? Trouble => _trouble ?? _follower.Silence;

    /// <summary>Loads the pool's database, and follows it from then on.</summary>
    /// <param name="session">Must live longer than the mirror.</param>
    /// <param name="logger">Where trouble is noted.</param>
    /// <param name="cancellationToken">Ends the load.</param>
    /// <exception cref="XapiException">Any kind but BadExport.</exception>
    public static async Task<PoolMirror> StartAsync(
        XapiSession session, ILogger logger, CancellationToken cancellationToken)
    {
        PoolMirror mirror = new(session, logger);
        await mirror._follower.LoadAsync(cancellationToken).ConfigureAwait(false);
        mirror._following = Task.Run(() => mirror._follower.FollowAsync(mirror._ending.Token), CancellationToken.None);
        return mirror;
    }

    /// <summary>
    /// Returns when <see cref="Current"/> is another object than <paramref name="seen"/>; at once when it is already.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the mirror was disposed of.</exception>
    public Task WaitForChangeAsync(PoolDatabase seen, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ReferenceEquals(_current, seen) ? _changed.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            _changed.TrySetCanceled(CancellationToken.None);
        }

        _ending.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Publish(PoolDatabase database)
    {
        lock (_gate)
        {
            if (ReferenceEquals(database, _current))
            {
                return;
            }

            _current = database;
            _changed.SetResult();
            _changed = NewSignal();
        }
    }

    private void Report(string? trouble) => _trouble = trouble;
}
