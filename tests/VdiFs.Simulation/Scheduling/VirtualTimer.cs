namespace VdiFs.Simulation.Scheduling;

/// <summary>A timer of virtual time.</summary>
internal sealed class VirtualTimer(VirtualTime time, Schedule schedule, TimerCallback callback, object? state) : ITimer
{
    private ScheduledEvent? _next;
    private bool _isDisposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        Disarm();
        if (_isDisposed)
        {
            return false;
        }

        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            Arm(dueTime, period);
        }

        return true;
    }

    public void Dispose()
    {
        _isDisposed = true;
        Disarm();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Arm(TimeSpan dueTime, TimeSpan period)
    {
        time.Armed(this);
        _next = schedule.After(dueTime, () => Fire(period));
    }

    private void Fire(TimeSpan period)
    {
        Disarm();
        if (period > TimeSpan.Zero)
        {
            Arm(period, period);
        }

        callback(state);
    }

    private void Disarm()
    {
        _next?.Cancel();
        _next = null;
        time.Disarmed(this);
    }
}
