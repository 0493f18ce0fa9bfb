using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc;

/// <summary>
/// Calls beyond a client's burst wait for their turn: a leaky bucket per client (xapi:
/// doc/content/design/rate_limit.md).
/// </summary>
internal sealed class RateLimit(PoolState state)
{
    // A client is one User-Agent on one address: a test has a few.
    private const int MostClients = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _emptyAt = [];

    public Task WaitAsync(string client, CancellationToken cancellationToken)
    {
        int burst = state.Faults.RateLimitBurst;
        TimeSpan period = state.Faults.RateLimitDelay;
        if (burst == 0)
        {
            return Task.CompletedTask;
        }

        DateTimeOffset now = state.Time.GetUtcNow();
        DateTimeOffset turn;
        lock (_lock)
        {
            if (_emptyAt.Count >= MostClients)
            {
                _emptyAt.Clear();
            }

            DateTimeOffset emptyAt = _emptyAt.GetValueOrDefault(client);
            emptyAt = (emptyAt > now ? emptyAt : now) + period;
            _emptyAt[client] = emptyAt;
            turn = emptyAt - (burst * period);
        }

        return turn > now ? Task.Delay(turn - now, state.Time, cancellationToken) : Task.CompletedTask;
    }
}
