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
        Task.Delay(
            TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(time.TotalMilliseconds, 0))), clock, cancellationToken);

    /// <summary>Waits for a task, however it ends, but not longer than this; whether it has ended.</summary>
    public static async Task<bool> EndsWithinAsync(this Task task, TimeSpan time, TimeProvider clock)
    {
        if (task.IsCompleted)
        {
            return true;
        }

        using CancellationTokenSource enough = new();
        Task timer = ForAsync(time, clock, enough.Token);
        await Task.WhenAny(task, timer).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        return task.IsCompleted;
    }
}
