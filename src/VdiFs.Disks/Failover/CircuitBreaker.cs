using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// Keeps a failing server from being asked all the time: after each failure it is left alone for a pause that grows;
/// then one attempt is let through, whose outcome decides. Not thread-safe: its endpoint's lock guards it.
/// </summary>
internal sealed class CircuitBreaker(Backoff pauses, TimeProvider time)
{
    private int _failures;
    private long _failedAt;
    private TimeSpan _pause;

    /// <summary>Failures since the last success.</summary>
    public int Failures => _failures;

    /// <summary>How long the server is still to be left alone; zero or less: it may be asked.</summary>
    public TimeSpan ReadyIn => _failures == 0 ? TimeSpan.Zero : _pause - time.GetElapsedTime(_failedAt);

    /// <summary>An attempt failed: opens the circuit for a while.</summary>
    public void Failed()
    {
        _failures++;
        _failedAt = time.GetTimestamp();
        _pause = pauses.After(_failures);
    }

    /// <summary>The server has delivered: closes the circuit.</summary>
    public void Succeeded() => _failures = 0;
}
