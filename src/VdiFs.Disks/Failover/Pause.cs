namespace VdiFs.Disks.Failover;

/// <summary>Waits that must not end early.</summary>
internal static class Pause
{
    /// <summary>
    /// Waits at least so long. A delay counts whole milliseconds and drops what is more, so one that is not rounded up
    /// ends early, and the rest of less than a millisecond is no delay at all: a loop that waits for a moment would
    /// spin.
    /// </summary>
    public static Task ForAsync(TimeSpan time, TimeProvider clock, CancellationToken cancellationToken) =>
        Task.Delay(RoundUp(time), clock, cancellationToken);

    /// <summary>Waits for a task, however it ends, but not longer than this; whether it has ended.</summary>
    public static async ValueTask<bool> EndsWithinAsync(this Task task, TimeSpan time, TimeProvider clock)
    {
        if (!task.IsCompleted)
        {
            await task.WaitAsync(RoundUp(time), clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return task.IsCompleted;
    }

    private static TimeSpan RoundUp(TimeSpan time) =>
        TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(time.TotalMilliseconds, 0)));
}
