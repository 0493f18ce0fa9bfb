using System.Globalization;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Events;

/// <summary>
/// What happened since a generation (xapi: ocaml/xapi/xapi_event.ml). Additions come first, then changes, then
/// deletions; what came and went in between leaves no trace.
/// </summary>
internal sealed class EventQuery(PoolState state, IReadOnlyList<EventSubscription> subscriptions)
{
    // Messages live in files of the coordinator, sessions are nobody's business: neither is in the count of rows.
    private static readonly string[] Uncounted = ["message", ClassNames.Session];

    /// <summary>The events and the generation they reach.</summary>
    public (List<RpcValue> Events, long Reached) Since(long generation) => state.Read(() =>
    {
        List<RpcValue> events = [];
        string[] classes = [.. ClassNames.All.Where(name => name != ClassNames.Session && Covers(name))];
        events.AddRange(Living(classes).Where(one => one.CreatedAt > generation)
            .Select(one => Event("add", one.EventClass, one.Ref, one.CreatedAt, one.Record)));
        events.AddRange(Living(classes).Where(one => one.CreatedAt <= generation && one.ModifiedAt > generation)
            .Select(one => Event("mod", one.EventClass, one.Ref, one.ModifiedAt, one.Record)));
        events.AddRange(classes.SelectMany(name => state.Table(name).Deletions
            .Where(gone => gone.DeletedAt > generation && gone.CreatedAt <= generation)
            .Where(gone => Covers(name, gone.Ref))
            .Select(gone => Event("del", name.ToLowerInvariant(), gone.Ref, gone.DeletedAt, null))));
        return (events, state.Generation);
    });

    /// <summary>The answer of event.from.</summary>
    public RpcValue Answer(IEnumerable<RpcValue> events, long reached) => RpcValue.Record(
        ("events", RpcValue.Of(events)),
        ("valid_ref_counts", RpcValue.Record(ClassNames.All
            .Where(name => !Uncounted.Contains(name))
            .Select(name => (name.ToLowerInvariant(), RpcValue.Of((long)state.Table(name).Count))))),
        ("token", RpcValue.Of(EventToken.Write(reached))));

    private static RpcValue Event(string operation, string className, string reference, long id, RpcValue? snapshot)
    {
        IEnumerable<(string, RpcValue)> members =
        [
            ("id", RpcValue.Of(id.ToString(CultureInfo.InvariantCulture))),
            ("timestamp", RpcValue.Of("0.0")),
            ("class", RpcValue.Of(className)),
            ("operation", RpcValue.Of(operation)),
            ("ref", RpcValue.Of(reference)),
        ];
        return RpcValue.Record(snapshot is null ? members : members.Append(("snapshot", snapshot)));
    }

    private IEnumerable<XapiObject> Living(string[] classes) => classes
        .SelectMany(name => state.Table(name).Objects)
        .Where(one => Covers(one.ClassName, one.Ref));

    private bool Covers(string className) => subscriptions.Any(one => one.Covers(className));

    private bool Covers(string className, string reference) =>
        subscriptions.Any(one => one.Covers(className, reference));
}
