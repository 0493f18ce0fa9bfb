namespace VdiFs.Pool.State;

/// <summary>xapi's collector (ocaml/xapi/db_gc_util.ml): tasks that ended or never grow, sessions nobody
/// uses.</summary>
public sealed class GarbageCollector(PoolState state)
{
    /// <summary>How often it runs.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private const int MostTasks = 200;
    private const int MostSessionsOfOriginator = 500;

    private static readonly TimeSpan CompletedTaskLife = TimeSpan.FromMinutes(65);
    private static readonly TimeSpan PendingTaskLife = TimeSpan.FromHours(24);
    private static readonly TimeSpan SessionLife = TimeSpan.FromHours(24);

    private readonly Dictionary<string, double> _progress = [];

    /// <summary>One pass.</summary>
    public void Collect() => state.Mutate(() =>
    {
        DateTimeOffset now = state.Time.GetUtcNow();
        CollectTasks(now);
        CollectSessions(now);
    });

    private void CollectTasks(DateTimeOffset now)
    {
        IReadOnlyList<TaskObject> tasks = state.All<TaskObject>();
        foreach (TaskObject task in tasks.Where(task => IsOver(task, now)))
        {
            state.Remove(task);
        }

        foreach (TaskObject task in state.All<TaskObject>()
            .Where(task => task.Status is not "pending" and not "cancelling")
            .OrderByDescending(task => task.Finished)
            .Skip(MostTasks))
        {
            state.Remove(task);
        }

        _progress.Clear();
        foreach (TaskObject task in state.All<TaskObject>())
        {
            _progress[task.Ref] = task.Progress;
        }
    }

    /// <summary>
    /// A client's own task never says when it finished: it counts as finished in 1970. A pending one dies of age when
    /// its progress is what it was at the pass before.
    /// </summary>
    private bool IsOver(TaskObject task, DateTimeOffset now) => task.Status is "pending" or "cancelling"
        ? now - task.Created > PendingTaskLife && _progress.TryGetValue(task.Ref, out double before)
            && task.Progress <= before
        : now - task.Finished > CompletedTaskLife;

    private void CollectSessions(DateTimeOffset now)
    {
        foreach (SessionObject session in state.Sessions.All.Where(one => now - one.LastActive > SessionLife))
        {
            state.Sessions.Close(session);
        }

        IEnumerable<SessionObject> tooMany = state.Sessions.All
            .GroupBy(session => session.Originator)
            .SelectMany(group => group.OrderByDescending(one => one.LastActive).Skip(MostSessionsOfOriginator));
        foreach (SessionObject session in tooMany.ToArray())
        {
            state.Sessions.Close(session);
        }
    }
}
