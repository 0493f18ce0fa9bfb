namespace VdiFs.Simulation.Scheduling;

/// <summary>
/// What will happen, in the order of virtual time; what happens at the same time happens in the order it was planned.
/// </summary>
internal sealed class Schedule
{
    private readonly PriorityQueue<ScheduledEvent, (long Time, long Number)> _events = new();
    private long _planned;

    /// <summary>Virtual time since the start, in ticks of 100 ns.</summary>
    public long Now { get; private set; }

    /// <summary>The same as a duration.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Now);

    /// <summary>Events that have happened.</summary>
    public long Happened { get; private set; }

    /// <summary>Plans an event some time from now; never before what is planned for the same moment.</summary>
    public ScheduledEvent After(TimeSpan delay, Action action)
    {
        long time = Now + Math.Max(delay.Ticks, 0);
        ScheduledEvent planned = new(time, action);
        _events.Enqueue(planned, (time, _planned++));
        return planned;
    }

    /// <summary>Plans an event for a moment; at once when it has passed.</summary>
    public ScheduledEvent At(long time, Action action) => After(TimeSpan.FromTicks(time - Now), action);

    /// <summary>Lets the next event happen; false when nothing is planned any more.</summary>
    public bool TryStep()
    {
        while (_events.TryDequeue(out ScheduledEvent? next, out _))
        {
            if (next.IsCancelled)
            {
                continue;
            }

            Now = next.Time;
            Happened++;
            next.Happen();
            return true;
        }

        return false;
    }

    /// <summary>A task that ends after some virtual time.</summary>
    public Task DelayAsync(TimeSpan delay)
    {
        TaskCompletionSource passed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        After(delay, passed.SetResult);
        return passed.Task;
    }
}
