namespace VdiFs.Xapi.Events;

/// <summary>
/// When the pool last spoke. A machine that sleeps may stop one of its clocks, so the longer of two times counts.
/// Thread-safe.
/// </summary>
internal sealed class LastWord(TimeProvider time)
{
    private volatile Moment _last = Moment.Of(time);

    /// <summary>How long ago that was.</summary>
    public TimeSpan Age
    {
        get
        {
            Moment last = _last;
            TimeSpan ran = time.GetElapsedTime(last.Timestamp);
            TimeSpan dated = time.GetUtcNow() - last.Date;
            return ran > dated ? ran : dated;
        }
    }

    /// <summary>It speaks now.</summary>
    public void Renew() => _last = Moment.Of(time);

    private sealed record Moment(long Timestamp, DateTimeOffset Date)
    {
        public static Moment Of(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());
    }
}
