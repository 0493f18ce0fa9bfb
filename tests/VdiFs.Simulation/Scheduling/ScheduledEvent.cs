namespace VdiFs.Simulation.Scheduling;

/// <summary>Something that happens at a moment of virtual time unless it is cancelled before.</summary>
internal sealed class ScheduledEvent(long time, Action action)
{
    /// <summary>When, in ticks of 100 ns since the start.</summary>
    public long Time { get; } = time;

    public bool IsCancelled { get; private set; }

    public void Cancel() => IsCancelled = true;

    public void Happen()
    {
        IsCancelled = true;
        action();
    }
}
