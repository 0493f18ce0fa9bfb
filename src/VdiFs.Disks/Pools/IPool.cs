using VdiFs.Xapi.Exports;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools;

/// <summary>
/// A pool as this room needs it: what it has, and the few things that are asked of it. Every call throws
/// <see cref="Xapi.XapiException"/>. Thread-safe.
/// </summary>
internal interface IPool : IAsyncDisposable
{
    /// <summary>The pool, for people: a URI without secrets.</summary>
    string Source { get; }

    /// <summary>What the pool has, as far as heard.</summary>
    PoolDatabase Database { get; }

    /// <summary>Why <see cref="Database"/> does not follow the pool just now; null when it does.</summary>
    string? Trouble { get; }

    /// <summary>The reference of the session now: a secret.</summary>
    PoolSecret Session { get; }

    /// <summary>Returns when <see cref="Database"/> is another object than <paramref name="seen"/>.</summary>
    Task WaitForChangeAsync(PoolDatabase seen, CancellationToken cancellationToken);

    /// <summary>VDI.get_nbd_info.</summary>
    Task<IReadOnlyList<VdiNbdServerInfo>> GetNbdInfoAsync(OpaqueRef vdi, CancellationToken cancellationToken);

    /// <summary>What the tables of a VDI's export say.</summary>
    Task<ExportedAllocation> ReadAllocationAsync(ExportRequest request, CancellationToken cancellationToken);

    /// <summary>Begins VDI.snapshot; the task that is returned bears these notes from its beginning.</summary>
    Task<OpaqueRef> StartSnapshotAsync(
        OpaqueRef vdi, IReadOnlyDictionary<string, string> taskNotes, CancellationToken cancellationToken);

    /// <summary>Why the task of a VDI.snapshot failed, without secrets.</summary>
    Xapi.XapiException SnapshotFailure(TaskRecord task);

    /// <summary>VDI.destroy.</summary>
    Task DestroyVdiAsync(OpaqueRef vdi, CancellationToken cancellationToken);

    /// <summary>VDI.set_name_label.</summary>
    Task SetVdiNameAsync(OpaqueRef vdi, string name, CancellationToken cancellationToken);

    /// <summary>VDI.add_to_other_config, over what is there.</summary>
    Task SetVdiNoteAsync(OpaqueRef vdi, string key, string value, CancellationToken cancellationToken);

    /// <summary>VDI.add_tags.</summary>
    Task AddVdiTagAsync(OpaqueRef vdi, string tag, CancellationToken cancellationToken);

    /// <summary>task.create. A caller that leaves still gets the task if it comes soon: it is his to destroy.</summary>
    Task<OpaqueRef> CreateTaskAsync(string label, string description, CancellationToken cancellationToken);

    /// <summary>task.add_to_other_config.</summary>
    Task AddTaskNoteAsync(OpaqueRef task, string key, string value, CancellationToken cancellationToken);

    /// <summary>task.set_progress.</summary>
    Task SetTaskProgressAsync(OpaqueRef task, double progress, CancellationToken cancellationToken);

    /// <summary>task.set_status.</summary>
    Task SetTaskStatusAsync(OpaqueRef task, string status, CancellationToken cancellationToken);

    /// <summary>task.set_error_info.</summary>
    Task SetTaskErrorAsync(OpaqueRef task, IReadOnlyList<string> error, CancellationToken cancellationToken);

    /// <summary>task.destroy.</summary>
    Task DestroyTaskAsync(OpaqueRef task, CancellationToken cancellationToken);

    /// <summary>session.logout of another session of this pool.</summary>
    Task LogoutAsync(PoolSecret session, CancellationToken cancellationToken);
}
