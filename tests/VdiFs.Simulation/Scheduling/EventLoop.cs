namespace VdiFs.Simulation.Scheduling;

/// <summary>
/// Lets one event after the other happen, each when all that followed from the one before has been done. It is itself
/// work of the one thread that the thread pool has in this program: when it runs and nothing else is pending, the
/// product is at rest.
/// </summary>
internal sealed class EventLoop : IThreadPoolWorkItem
{
    /// <summary>Rounds of work that one event may cause before it counts as endless.</summary>
    private const int RoundLimit = 1_000_000;

    private readonly Schedule _schedule;
    private readonly Func<bool> _isOver;
    private readonly TaskCompletionSource<LoopEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _rounds;

    private EventLoop(Schedule schedule, Func<bool> isOver)
    {
        _schedule = schedule;
        _isOver = isOver;
    }

    /// <summary>Runs until <paramref name="isOver"/> says so, asked whenever everything is at rest.</summary>
    public static Task<LoopEnd> RunAsync(Schedule schedule, Func<bool> isOver)
    {
        ThreadPool.GetMaxThreads(out int workers, out _);
        if (workers != 1)
        {
            throw new InvalidOperationException($"expected a thread pool of 1 worker, found {workers}");
        }

        EventLoop loop = new(schedule, isOver);
        loop.Enqueue();
        return loop._ended.Task;
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            Step();
        }
#pragma warning disable CA1031 // The top of the loop: whoever awaits it gets the error.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _ended.TrySetException(exception);
        }
    }

    private void Step()
    {
        if (ThreadPool.PendingWorkItemCount > 0)
        {
            GoRound();
            return;
        }

        _rounds = 0;
        if (_isOver())
        {
            _ended.SetResult(LoopEnd.Over);
        }
        else if (_schedule.TryStep())
        {
            Enqueue();
        }
        else
        {
            _ended.SetResult(LoopEnd.NothingLeft);
        }
    }

    private void GoRound()
    {
        if (++_rounds > RoundLimit)
        {
            _ended.SetResult(LoopEnd.Endless);
        }
        else
        {
            Enqueue();
        }
    }

    private void Enqueue() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
}
