using Microsoft.Extensions.Logging;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Model.Reading;
using VdiFs.Xapi.Rpc;

namespace VdiFs.Xapi.Events;

/// <summary>
/// Asks for events, one call after the other. The first call, with an empty token, brings the whole pool; after any
/// failure, and whenever the session or the coordinator changed, it begins so again, because the pool's tokens and
/// generation counts may have begun anew.
/// </summary>
/// <param name="session">The pool.</param>
/// <param name="logger">Where trouble is noted.</param>
/// <param name="publish">Given each state of the pool.</param>
/// <param name="report">Given the trouble when it begins, null when it ends.</param>
internal sealed class PoolFollower(
    XapiSession session, ILogger logger, Action<PoolDatabase> publish, Action<string?> report)
{
    private const string FromTheBeginning = "";

    /// <summary>A limit for the pause after the first failure; it doubles with each one.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>How long the pool may hold a call while a count is in doubt.</summary>
    private static readonly TimeSpan DoubtTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How much later than agreed the pool may answer: its answers wait for one another. In a longer silence a VM can
    /// have been started and stopped again, and nothing of it shows afterwards.
    /// </summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(15);

    private readonly CountCheck _counts = new();
    private readonly TimeProvider _time = session.Options.TimeProvider;
    private readonly LastWord _heard = new(session.Options.TimeProvider);
    private TextPool _texts = new();
    private PoolDatabase _database = PoolDatabase.Empty;
    private string _token = FromTheBeginning;
    private object? _loadedWith;
    private long _loadedAt;

    /// <summary>Why what is known may be too old, one line; null while the pool speaks as often as it should.</summary>
    public string? Silence => _heard.Age is { } age && age > session.Options.EventTimeout + Lateness
        ? $"the pool has said nothing for {(long)age.TotalSeconds} s"
        : null;

    /// <summary>Loads the whole pool.</summary>
    /// <exception cref="XapiException">Any kind but BadExport; nothing has changed.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        TextPool texts = new();
        object before = session.Identity;
        PoolTables tables = Tables(PoolDatabase.Empty, texts);
        EventReply reply = await AskAsync(tables, FromTheBeginning, cancellationToken).ConfigureAwait(false);
        PoolDatabase loaded = tables.Result();
        if (loaded.Pool is null || loaded.Hosts.IsEmpty)
        {
            throw new XapiException(XapiErrorKind.Protocol, "event.from: the pool shows neither itself nor its hosts");
        }

        _texts = texts;
        _counts.Accept(tables.Missing(reply.Counts));
        _token = reply.Token;
        _loadedWith = before;
        _loadedAt = _time.GetTimestamp();
        Take(loaded with { Continuity = _database.Continuity + 1 });
        _heard.Renew();
    }

    /// <summary>Follows until it is cancelled, or the session ends.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        int failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await StepAsync(cancellationToken).ConfigureAwait(false);
                Recover(failures);
                failures = 0;
            }
            catch (ObjectDisposedException) when (session.IsDisposed)
            {
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested || session.IsDisposed)
            {
                return;
            }
            catch (Exception cause)
            {
                // The top of the loop: whatever it was, it begins anew with the next load.
                _token = FromTheBeginning;
                failures++;
                Suffer(failures, cause);
                await PauseAsync(failures, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task StepAsync(CancellationToken cancellationToken)
    {
        if (_token == FromTheBeginning || !ReferenceEquals(_loadedWith, session.Identity))
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        PoolTables tables = Tables(_database, _texts);
        EventReply reply = await AskAsync(tables, _token, cancellationToken).ConfigureAwait(false);
        if (!ReferenceEquals(_loadedWith, session.Identity))
        {
            // The session was renewed under this call: its answer may be of another count of generations.
            _token = FromTheBeginning;
            return;
        }

        _token = reply.Token;
        PoolDatabase next = tables.Result();
        Take(Silence is null ? next : next with { Continuity = next.Continuity + 1 });
        _heard.Renew();
        Check(tables, reply);
    }

    private void Check(PoolTables tables, EventReply reply)
    {
        IReadOnlyDictionary<string, int> missing = tables.Missing(reply.Counts);
        bool mayReload = _time.GetElapsedTime(_loadedAt) >= session.Options.MaximumPause;
        if (_counts.FindLost(missing) is { } lost && mayReload)
        {
            int counted = reply.Counts[lost];
            XapiLog.CountDiffers(logger, session.Address.Host, lost, counted - missing[lost], counted);
            _token = FromTheBeginning;
        }
    }

    private async Task<EventReply> AskAsync(PoolTables tables, string token, CancellationToken cancellationToken)
    {
        TimeSpan timeout = _counts.IsSuspicious ? DoubtTimeout : session.Options.EventTimeout;
        XapiValue[] arguments = [XapiValue.Set(tables.Classes), token, timeout.TotalSeconds];
        EventReply? reply = await session.CallOnceAsync(
            "event.from",
            arguments,
            (feed, ended) => EventReplyReader.ReadAsync(feed, tables.Apply, ended),
            cancellationToken).ConfigureAwait(false);
        return reply ?? throw new XapiException(XapiErrorKind.Protocol, "event.from returned nothing");
    }

    private PoolTables Tables(PoolDatabase start, TextPool texts) => new(
        start, texts, (name, reason) => XapiLog.BadRecord(logger, session.Address.Host, name, reason));

    private void Take(PoolDatabase database)
    {
        if (ReferenceEquals(database, _database))
        {
            return;
        }

        _database = database;
        session.Learn(database);
        publish(database);
    }

    private void Recover(int failures)
    {
        if (failures > 0)
        {
            report(null);
            XapiLog.MirrorFollows(logger, session.Address.Host);
        }
    }

    private void Suffer(int failures, Exception cause)
    {
        report(cause.Message);
        if (failures == 1)
        {
            XapiLog.MirrorInTrouble(logger, session.Address.Host, cause.Message);
        }
    }

    private async Task PauseAsync(int failures, CancellationToken cancellationToken)
    {
        double limit = Math.Min(
            FirstPause.TotalSeconds * Math.Pow(2, failures - 1), session.Options.MaximumPause.TotalSeconds);

        // Between half and all of it: many clients of one pool do not all come back at the same moment.
        TimeSpan pause = TimeSpan.FromSeconds(limit * (1 + session.Options.Random.NextDouble()) / 2);
        await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
