using VdiFs.Xapi.Model;
using VdiFs.Xapi.Model.Reading;
using VdiFs.Xapi.Rpc;

namespace VdiFs.Xapi.Calls;

/// <summary>Calls of class task. Each throws <see cref="XapiException"/>.</summary>
public static class TaskCalls
{
    /// <summary>
    /// Makes a pending task that every client of the pool sees. A caller that leaves meanwhile still gets the task, if
    /// it comes within <see cref="XapiOptions.LogoutTimeout"/>: it is the caller's to destroy.
    /// </summary>
    public static async Task<OpaqueRef> CreateAsync(
        this XapiSession session, string label, string description, CancellationToken cancellationToken)
    {
        using GracePeriod grace = new(session.Options, cancellationToken);
        grace.Send();
        return await session.CallForRefAsync("task.create", [label, description], grace.Token).ConfigureAwait(false);
    }

    /// <summary>Says how far it is, 0 to 1.</summary>
    public static Task SetProgressAsync(
        this XapiSession session, OpaqueRef task, double progress, CancellationToken cancellationToken) =>
        session.CallAsync("task.set_progress", [task, progress], cancellationToken);

    /// <summary>pending, success, failure, cancelling or cancelled.</summary>
    public static Task SetStatusAsync(
        this XapiSession session, OpaqueRef task, string status, CancellationToken cancellationToken) =>
        session.CallAsync("task.set_status", [task, status], cancellationToken);

    /// <summary>The error of a failed task: a code, then parameters. Since XAPI 21.3.</summary>
    public static Task SetErrorInfoAsync(
        this XapiSession session, OpaqueRef task, IEnumerable<string> error, CancellationToken cancellationToken) =>
        session.CallAsync("task.set_error_info", [task, XapiValue.Set(error)], cancellationToken);

    /// <summary>Adds a key to other_config; an error when it is there.</summary>
    public static Task AddToOtherConfigAsync(
        this XapiSession session, OpaqueRef task, string key, string value, CancellationToken cancellationToken) =>
        session.CallAsync("task.add_to_other_config", [task, key, value], cancellationToken);

    /// <summary>Destroys a task that has ended; a pending one is only marked.</summary>
    public static Task DestroyAsync(
        this XapiSession session, OpaqueRef task, CancellationToken cancellationToken) =>
        session.CallAsync("task.destroy", [task], cancellationToken);

    /// <summary>Why the method that a task is about failed, without secrets.</summary>
    public static XapiException FailureOf(this XapiSession session, string method, TaskRecord task)
    {
        XapiException failure = new(XapiErrorKind.Refused, $"{method}: its task ended as {task.Status}");
        return task.ErrorInfo.Count == 0 ? failure : session.WithReason(failure, task.ErrorInfo);
    }

    /// <summary>The task's record as it is now.</summary>
    public static async Task<TaskRecord> GetRecordAsync(
        this XapiSession session, OpaqueRef task, CancellationToken cancellationToken) =>
        RecordReaders.Task(
            task, await session.CallForRecordAsync("task.get_record", task, cancellationToken).ConfigureAwait(false));
}
