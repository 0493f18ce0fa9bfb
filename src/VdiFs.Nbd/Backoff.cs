namespace VdiFs.Nbd;

/// <summary>
/// Pauses between attempts: "full jitter", a random time up to a limit that doubles with each failure, so that many
/// clients of one server that came back do not all return at the same moment. Immutable; thread-safe as its
/// <paramref name="random"/> is.
/// </summary>
/// <param name="floor">The limit of the first pause.</param>
/// <param name="ceiling">The limit that is never exceeded.</param>
/// <param name="random">Where chance comes from.</param>
public sealed class Backoff(TimeSpan floor, TimeSpan ceiling, Random random)
{
    // Beyond this the ceiling has long been reached, whatever the floor, and a shift would overflow.
    private const int MaximumDoublings = 20;

    /// <summary>The pause after <paramref name="failures"/> failures in a row, at least 1.</summary>
    public TimeSpan After(int failures)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failures, 1);
        double limit = floor.TotalMilliseconds * (1L << Math.Min(failures - 1, MaximumDoublings));
        return TimeSpan.FromMilliseconds(random.NextDouble() * Math.Min(limit, ceiling.TotalMilliseconds));
    }
}
