namespace VdiFs.Disks.Failover;

/// <summary>How long reads take these days, to recognise one that takes far too long. Thread-safe.</summary>
internal sealed class LatencyTracker
{
    private const int Samples = 512;
    private const int SamplesPerEstimate = 64;
    private const double Percentile = 0.99;
    private const int Factor = 3;

    // Below this a second attempt costs more than it can save.
    private static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(50);

    private readonly TimeSpan _ceiling;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly long[] _ticks = new long[Samples];
    private int _next;
    private long _count;
    private TimeSpan _patience;

    /// <param name="ceiling">The longest patience.</param>
    public LatencyTracker(TimeSpan ceiling)
    {
        _ceiling = ceiling;
        _patience = ceiling;
    }

    /// <summary>
    /// Three times the 99th percentile of the last reads: whoever waits longer should try elsewhere too. The ceiling
    /// until enough reads are known.
    /// </summary>
    public TimeSpan Patience
    {
        get
        {
            lock (_gate)
            {
                return _patience;
            }
        }
    }

    public void Add(TimeSpan latency)
    {
        lock (_gate)
        {
            _ticks[_next] = latency.Ticks;
            _next = (_next + 1) % Samples;
            if (++_count % SamplesPerEstimate == 0)
            {
                _patience = Estimate();
            }
        }
    }

    private TimeSpan Estimate()
    {
        long[] sorted = _ticks[..(int)Math.Min(_count, Samples)];
        Array.Sort(sorted);
        TimeSpan percentile = TimeSpan.FromTicks(sorted[(int)((sorted.Length - 1) * Percentile)]);
        TimeSpan patience = percentile * Factor;
        return patience < Floor ? Floor : patience > _ceiling ? _ceiling : patience;
    }
}
