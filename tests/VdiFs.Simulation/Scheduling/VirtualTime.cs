namespace VdiFs.Simulation.Scheduling;

/// <summary>The product's clock in a simulation: it moves only when nothing is left to do.</summary>
internal sealed class VirtualTime(Schedule schedule) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly HashSet<VirtualTimer> _armed = [];
    private long _readings;

    /// <summary>Timers that will still fire: at the end, timers that somebody forgot.</summary>
    public int ArmedTimers => _armed.Count;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => schedule.Now;

    /// <summary>No two readings are equal, so that "least recently used" has one answer only.</summary>
    public override DateTimeOffset GetUtcNow() => Epoch + TimeSpan.FromTicks(schedule.Now + ++_readings);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        VirtualTimer timer = new(this, schedule, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Armed(VirtualTimer timer) => _armed.Add(timer);

    public void Disarmed(VirtualTimer timer) => _armed.Remove(timer);
}
