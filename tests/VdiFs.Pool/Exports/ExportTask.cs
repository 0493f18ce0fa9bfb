using VdiFs.Pool.State;

namespace VdiFs.Pool.Exports;

/// <summary>The task of an export: the client's, or one of its own that goes away with it.</summary>
internal sealed class ExportTask
{
    private readonly PoolState _pool;
    private readonly TaskObject _task;
    private readonly bool _isOurs;

    /// <param name="pool">The pool.</param>
    /// <param name="host">Where the export runs.</param>
    /// <param name="taskRef">The client's task; null when it named none.</param>
    internal ExportTask(PoolState pool, HostObject host, string? taskRef)
    {
        _pool = pool;
        TaskObject? clients = taskRef is null ? null : pool.Find<TaskObject>(taskRef);
        _isOurs = clients is null;
        _task = clients ?? pool.Add(new TaskObject(pool) { NameLabel = "VDI.export_raw", ResidentOn = host });
    }

    internal string Ref => _task.Ref;

    internal void Report(int percent) => _pool.Mutate(() =>
    {
        if (!_task.IsGone)
        {
            _task.Progress = percent / 100.0;
        }
    });

    internal void Succeed() => End("success", []);

    internal void Fail(XapiFailureException error) => End("failure", error.ErrorInfo);

    private void End(string status, IReadOnlyList<string> errorInfo) => _pool.Mutate(() =>
    {
        if (_task.IsGone)
        {
            return;
        }

        _task.Status = status;
        _task.ErrorInfo = errorInfo;
        _task.Progress = 1;
        _task.Finished = _pool.Time.GetUtcNow();
        if (_isOurs)
        {
            _pool.Remove(_task);
        }
    });
}
