namespace VdiFs.Pool.State;

/// <summary>Who is logged in.</summary>
public sealed class SessionTable
{
    // xapi refreshes last_active at most this often (ocaml/xapi/context.ml).
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromMinutes(10);

    private readonly PoolState _state;

    internal SessionTable(PoolState state) => _state = state;

    /// <summary>How many there are.</summary>
    public int Count => _state.All<SessionObject>().Count;

    /// <summary>All of them.</summary>
    public IReadOnlyList<SessionObject> All => _state.All<SessionObject>();

    /// <summary>The session of a reference; null when there is none.</summary>
    public SessionObject? Find(string reference) => _state.Find<SessionObject>(reference);

    /// <summary>The session of a reference, noted as used now.</summary>
    /// <exception cref="XapiFailureException">SESSION_INVALID.</exception>
    public SessionObject Use(string reference) => _state.Mutate(() =>
    {
        SessionObject session =
            Find(reference) ?? throw new XapiFailureException("SESSION_INVALID", reference);
        DateTimeOffset now = _state.Time.GetUtcNow();
        if (now - session.LastActive >= RefreshPeriod)
        {
            session.LastActive = now;
        }

        return session;
    });

    /// <summary>A new session.</summary>
    public SessionObject Open(string user, string originator) =>
        _state.Add(new SessionObject(_state) { User = user, Originator = originator });

    /// <summary>Ends a session; who waits in event.from wakes.</summary>
    public void Close(SessionObject session)
    {
        _state.Remove(session);
        session.Ended.Cancel();
    }

    /// <summary>Ends all, as a restart of the toolstack does.</summary>
    public void CloseAll()
    {
        foreach (SessionObject session in All)
        {
            Close(session);
        }
    }
}
