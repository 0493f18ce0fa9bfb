using VdiFs.Pool.Rpc;

namespace VdiFs.Pool.State;

/// <summary>
/// One object of the pool's database. Everything about it is read and changed under <see cref="PoolState"/>'s lock;
/// a change of a wire field is noticed here, so nobody can forget to report it to event.from.
/// </summary>
public abstract class XapiObject
{
    /// <summary>The reference that stands for no object.</summary>
    public const string NullRef = "OpaqueRef:NULL";

    /// <summary>The time that stands for never.</summary>
    protected static readonly DateTimeOffset Never = DateTimeOffset.UnixEpoch;

    private protected XapiObject(PoolState state)
    {
        Owner = state;
        Ref = state.NewRef();
        Uuid = state.NewUuid();
        OtherConfig = new WireMap(this);
        CurrentOperations = new WireMap(this);
        Tags = new WireSet(this);
    }

    /// <summary>The pool.</summary>
    public PoolState Owner { get; }

    /// <summary>Its reference.</summary>
    public string Ref { get; protected init; }

    /// <summary>Its uuid.</summary>
    public string Uuid { get; init; }

    /// <summary>The name of its class as methods spell it: VDI, host_metrics.</summary>
    public abstract string ClassName { get; }

    /// <summary>The name of its class as events spell it: vdi, host_metrics.</summary>
    public string EventClass => ClassName.ToLowerInvariant();

    /// <summary>Anything any client noted.</summary>
    public WireMap OtherConfig { get; }

    /// <summary>Task reference to operation.</summary>
    public WireMap CurrentOperations { get; }

    /// <summary>Labels of people and programs.</summary>
    public WireSet Tags { get; }

    /// <summary>Generation at which it was added; 0 before that.</summary>
    public long CreatedAt { get; internal set; }

    /// <summary>Generation of its last change.</summary>
    public long ModifiedAt { get; internal set; }

    /// <summary>Whether it was removed from the database.</summary>
    public bool IsGone { get; internal set; }

    /// <summary>Its wire fields in order: what get_record answers.</summary>
    public abstract IEnumerable<(string Name, RpcValue Value)> Fields { get; }

    /// <summary>What get_record answers.</summary>
    public RpcValue Record => RpcValue.Record(Fields);

    /// <summary>Told when it enters the database: put it into the sets of its relatives.</summary>
    internal virtual void Link()
    {
    }

    /// <summary>Told when it leaves the database: take it out of the sets of its relatives.</summary>
    internal virtual void Unlink()
    {
    }

    internal void Changed() => Owner.Touch(this);

    /// <summary>Changes a wire field and reports it.</summary>
    protected void Set<T>(ref T field, T value)
    {
        if (!EqualityComparer<T>.Default.Equals(field, value))
        {
            field = value;
            Changed();
        }
    }

    private protected static RpcValue RefOf(XapiObject? other) => RpcValue.Of(other?.Ref ?? NullRef);

    private protected static RpcValue Refs(IEnumerable<XapiObject> others) => RpcValue.Of(others.Select(o => o.Ref));
}
