using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>Something long that XAPI or a client does.</summary>
public sealed class TaskObject : XapiObject
{
    /// <summary>A new one; <see cref="PoolState.Add"/> puts it into the database.</summary>
    public TaskObject(PoolState state)
        : base(state)
    {
        Created = state.Time.GetUtcNow();
    }

    /// <inheritdoc/>
    public override string ClassName => "task";

    /// <summary>What it does.</summary>
    public string NameLabel { get; set => Set(ref field, value); } = "";

    /// <summary>More of it.</summary>
    public string NameDescription { get; set => Set(ref field, value); } = "";

    /// <summary>When it began.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>When it ended; a client's own task never says.</summary>
    public DateTimeOffset Finished { get; set => Set(ref field, value); } = Never;

    /// <summary>pending, success, failure, cancelling, cancelled.</summary>
    public string Status { get; set => Set(ref field, value); } = "pending";

    /// <summary>0 to 1.</summary>
    public double Progress { get; set => Set(ref field, value); }

    /// <summary>An XML value, or nothing.</summary>
    public string Result { get; set => Set(ref field, value); } = "";

    /// <summary>What kind of result.</summary>
    public string Type { get; set => Set(ref field, value); } = "<none/>";

    /// <summary>Code and parameters of a failure.</summary>
    public IReadOnlyList<string> ErrorInfo { get; set => Set(ref field, value); } = [];

    /// <summary>Where it runs.</summary>
    public HostObject? ResidentOn { get; set => Set(ref field, value); }

    /// <summary>Whether a client asked to destroy it while it was pending.</summary>
    public bool DestroyAsked { get; set; }

    /// <summary>Whether a client made it; XAPI's own end by themselves.</summary>
    public bool IsClients { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, RpcValue Value)> Fields =>
    [
        ("uuid", RpcValue.Of(Uuid)),
        ("name_label", RpcValue.Of(NameLabel)),
        ("name_description", RpcValue.Of(NameDescription)),
        ("allowed_operations", RpcValue.Of(Status == "pending" ? ["cancel"] : Array.Empty<string>())),
        ("current_operations", RpcValue.Of(CurrentOperations)),
        ("created", RpcValue.Of(Created)),
        ("finished", RpcValue.Of(Finished)),
        ("status", RpcValue.Of(Status)),
        ("resident_on", RefOf(ResidentOn)),
        ("progress", RpcValue.Of(Progress)),
        ("type", RpcValue.Of(Type)),
        ("result", RpcValue.Of(Result)),
        ("error_info", RpcValue.Of(ErrorInfo)),
        ("other_config", RpcValue.Of(OtherConfig)),
        ("subtask_of", RpcValue.Of(NullRef)),
        ("subtasks", RpcValue.Of(Array.Empty<string>())),
        ("backtrace", RpcValue.Of("()")),
    ];

    /// <summary>Ends it well; a destroy that was asked for meanwhile happens now.</summary>
    public void Complete(string result) => End(() =>
    {
        Result = result;
        Progress = 1;
        Status = "success";
    });

    /// <summary>Ends it badly; a destroy that was asked for meanwhile happens now.</summary>
    public void Fail(IReadOnlyList<string> errorInfo) => End(() =>
    {
        ErrorInfo = errorInfo;
        Status = "failure";
    });

    private void End(Action change) => Owner.Mutate(() =>
    {
        change();
        Finished = Owner.Time.GetUtcNow();
        if (DestroyAsked)
        {
            Owner.Remove(this);
        }
    });
}
