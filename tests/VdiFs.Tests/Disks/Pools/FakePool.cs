using System.Collections.Concurrent;
using VdiFs.Disks.Pools;
using VdiFs.Xapi;
using VdiFs.Xapi.Exports;
using VdiFs.Xapi.Model;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>A pool that does what a test says: its records, its answers, and a list of what was asked of it.</summary>
internal sealed class FakePool(PoolDatabase database) : IPool
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PoolDatabase _database = database;

    public string Source => "xapi://pool";

    public PoolDatabase Database => Volatile.Read(ref _database);

    public string? Trouble { get; set; }

    public PoolSecret Session { get; set; } = new("OpaqueRef:session-1");

    /// <summary>What was asked, in order, as "method argument ...".</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Throws in place of doing what the call says.</summary>
    public Func<string, XapiException?> Fail { get; set; } = _ => null;

    /// <summary>How long taking or destroying a snapshot waits before it is done.</summary>
    public Func<string, CancellationToken, Task> Hold { get; set; } = (_, _) => Task.CompletedTask;

    public Func<OpaqueRef, IReadOnlyList<VdiNbdServerInfo>> NbdInfo { get; set; } = _ => [];

    /// <summary>How long VDI.get_nbd_info takes to answer.</summary>
    public Func<CancellationToken, Task> NbdInfoDelay { get; set; } = _ => Task.CompletedTask;

    public Func<ExportRequest, CancellationToken, Task<ExportedAllocation>> Export { get; set; } =
        (request, _) => Task.FromResult(new ExportedAllocation
        {
            VirtualSizeBytes = request.VirtualSizeBytes, GranuleBytes = 65536, Extents = [(0, 65536)],
        });

    public static XapiException Refusal(string code, params string[] parameters) =>
        new(XapiErrorKind.Refused, code) { Code = code, Parameters = parameters };

    /// <summary>What the next who waits for a change gets in place of it.</summary>
    public Exception? Breakdown { get; set; }

    /// <summary>The pool has other records from now on.</summary>
    public void Change(Func<PoolDatabase, PoolDatabase> change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            Volatile.Write(ref _database, change(_database));
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    public async Task WaitForChangeAsync(PoolDatabase seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (Breakdown is { } breakdown)
                {
                    Breakdown = null;
                    throw breakdown;
                }

                if (!ReferenceEquals(_database, seen))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public async Task<IReadOnlyList<VdiNbdServerInfo>> GetNbdInfoAsync(
        OpaqueRef vdi, CancellationToken cancellationToken)
    {
        Note($"VDI.get_nbd_info {vdi}");
        await NbdInfoDelay(cancellationToken);
        return NbdInfo(vdi);
    }

    public Task<ExportedAllocation> ReadAllocationAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        Note($"export {request.Vdi} {request.Format}");
        return Export(request, cancellationToken);
    }

    /// <summary>What a snapshot is answered with that was taken all the same.</summary>
    public XapiException? LostAnswer { get; set; }

    /// <summary>The task of each snapshot, before anybody sees it.</summary>
    public Func<TaskRecord, TaskRecord> SnapshotTask { get; set; } = task => task;

    public async Task<OpaqueRef> StartSnapshotAsync(
        OpaqueRef vdi, IReadOnlyDictionary<string, string> taskNotes, CancellationToken cancellationToken)
    {
        await NoteAsync($"VDI.snapshot {vdi}", cancellationToken);
        TaskRecord task = SnapshotTask(new TaskRecord
        {
            Ref = new OpaqueRef($"OpaqueRef:task-{Guid.NewGuid()}"), Uuid = "", Status = "success",
            OtherConfig = taskNotes.ToDictionary(note => "http:" + note.Key, note => note.Value),
        });
        OpaqueRef snapshot = new($"OpaqueRef:auto-{Guid.NewGuid()}");
        Change(now => now with
        {
            Vdis = now.Vdis.Add(snapshot, now.Vdis[vdi] with
            {
                Ref = snapshot, Uuid = Guid.NewGuid().ToString(), IsASnapshot = true, SnapshotOf = vdi, Vbds = [],
                SmConfig = new Dictionary<string, string>(), SnapshotTime = DateTimeOffset.UnixEpoch.AddYears(50),
            }),
            Tasks = now.Tasks.Add(task.Ref, task with { Result = $"<value>{snapshot}</value>" }),
        });
        return LostAnswer is { } lost ? throw lost : task.Ref;
    }

    public XapiException SnapshotFailure(TaskRecord task) => Refusal(task.Status);

    public async Task DestroyVdiAsync(OpaqueRef vdi, CancellationToken cancellationToken)
    {
        await NoteAsync($"VDI.destroy {vdi}", cancellationToken);
        Change(now => now with { Vdis = now.Vdis.Remove(vdi) });
    }

    public Task SetVdiNameAsync(OpaqueRef vdi, string name, CancellationToken cancellationToken)
    {
        Note($"VDI.set_name_label {vdi} {name}");
        Change(now => now with { Vdis = now.Vdis.SetItem(vdi, now.Vdis[vdi] with { NameLabel = name }) });
        return Task.CompletedTask;
    }

    public Task SetVdiNoteAsync(OpaqueRef vdi, string key, string value, CancellationToken cancellationToken)
    {
        Note($"VDI.add_to_other_config {vdi} {key}");
        Change(now => now with
        {
            Vdis = now.Vdis.SetItem(vdi, now.Vdis[vdi] with
            {
                OtherConfig = new Dictionary<string, string>(now.Vdis[vdi].OtherConfig) { [key] = value },
            }),
        });
        return Task.CompletedTask;
    }

    public Task AddVdiTagAsync(OpaqueRef vdi, string tag, CancellationToken cancellationToken)
    {
        Note($"VDI.add_tags {vdi} {tag}");
        return Task.CompletedTask;
    }

    public Task<OpaqueRef> CreateTaskAsync(string label, string description, CancellationToken cancellationToken)
    {
        Note($"task.create {label}");
        OpaqueRef task = new($"OpaqueRef:task-{Guid.NewGuid()}");
        TaskRecord record = new() { Ref = task, Uuid = "", NameLabel = label, Status = "pending" };
        Change(now => now with { Tasks = now.Tasks.Add(task, record) });
        return Task.FromResult(task);
    }

    public Task AddTaskNoteAsync(OpaqueRef task, string key, string value, CancellationToken cancellationToken)
    {
        Note($"task.add_to_other_config {key}");
        return Task.CompletedTask;
    }

    public Task SetTaskProgressAsync(OpaqueRef task, double progress, CancellationToken cancellationToken)
    {
        Note("task.set_progress");
        return Task.CompletedTask;
    }

    public Task SetTaskStatusAsync(OpaqueRef task, string status, CancellationToken cancellationToken)
    {
        Note($"task.set_status {status}");
        return Task.CompletedTask;
    }

    public Task SetTaskErrorAsync(OpaqueRef task, IReadOnlyList<string> error, CancellationToken cancellationToken)
    {
        Note($"task.set_error_info {error[0]}");
        return Task.CompletedTask;
    }

    public Task DestroyTaskAsync(OpaqueRef task, CancellationToken cancellationToken)
    {
        Note($"task.destroy {task}");
        Change(now => now with { Tasks = now.Tasks.Remove(task) });
        return Task.CompletedTask;
    }

    public Task LogoutAsync(PoolSecret session, CancellationToken cancellationToken)
    {
        Note($"session.logout {session.Value}");
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Calls.Enqueue("disposed");
        return ValueTask.CompletedTask;
    }

    private async Task NoteAsync(string call, CancellationToken cancellationToken)
    {
        Note(call);
        await Hold(call, cancellationToken);
    }

    private void Note(string call)
    {
        Calls.Enqueue(call);
        if (Fail(call) is { } failure)
        {
            throw failure;
        }
    }
}
