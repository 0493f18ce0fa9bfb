using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using VdiFs.Xapi.Http;

namespace VdiFs.Xapi.Session;

/// <summary>
/// Holds the one session of a pool, and finds it again: at most one search at a time, which every caller that is in
/// need of it joins. A caller that leaves does not end the search. Thread-safe.
/// </summary>
internal sealed class SessionKeeper(
    XapiAddress address, SessionTicket first, SessionLogin login, XapiOptions options, ILogger logger)
    : IAsyncDisposable
{
    /// <summary>
    /// A search that failed is not repeated at once by the next caller: a login may cost the pool seconds.
    /// </summary>
    private static readonly TimeSpan Cooldown = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private SessionTicket _current = first;
    private Task<SessionTicket>? _search;
    private XapiException? _failure;
    private long _failedAt;

    private ImmutableArray<string> _otherHosts = [];
    private volatile bool _isAlive = true;

    /// <summary>The session, as far as is known.</summary>
    public SessionTicket Current
    {
        get
        {
            lock (_gate)
            {
                return _current;
            }
        }
    }

    /// <summary>Whether the pool answered the last time it was asked.</summary>
    public bool IsAlive
    {
        get => _isAlive;
        set => _isAlive = value;
    }

    /// <summary>Cancelled when the session ends.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>The pool's hosts, of which one may be the coordinator one day; replaces those of before.</summary>
    public void Know(IEnumerable<string> hosts) => ImmutableInterlocked.InterlockedExchange(
        ref _otherHosts, [.. hosts.Take(XapiLimits.Hosts)]);

    /// <summary>Whether another host or another login may help against this.</summary>
    public static bool IsCurable(XapiException cause) =>
        cause.Kind is XapiErrorKind.ConnectFailed or XapiErrorKind.ConnectionLost or XapiErrorKind.Timeout
        || WasNotDone(cause);

    /// <summary>Whether it is certain that the pool did nothing.</summary>
    public static bool WasNotDone(XapiException cause) =>
        cause.Kind == XapiErrorKind.ConnectFailed
        || cause.Code is XapiCodes.HostIsSlave or XapiCodes.HostStillBooting
        || SessionLogin.IsForgotten(cause);

    /// <summary>A session to go on with in place of one that failed.</summary>
    /// <exception cref="XapiException">There is none now.</exception>
    public Task<SessionTicket> RenewAsync(SessionTicket failed, XapiException cause)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_current, failed))
            {
                return Task.FromResult(_current);
            }

            if (_search is null && _failure is not null && options.TimeProvider.GetElapsedTime(_failedAt) < Cooldown)
            {
                return Task.FromException<SessionTicket>(_failure);
            }

            return _search ??= Task.Run(() => SearchAsync(failed, cause));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        Task? search;
        lock (_gate)
        {
            search = _search;
        }

        if (search is not null)
        {
            await search.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await LogoutAsync().ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task<SessionTicket> SearchAsync(SessionTicket failed, XapiException cause)
    {
        XapiLog.Recovering(logger, address.Host, cause.Message);
        try
        {
            SessionTicket found = await FindAsync(failed, cause).ConfigureAwait(false);
            Conclude(found, null);
            XapiLog.Recovered(logger, address.Host, found.Place.Host);
            return found;
        }
        catch (XapiException failure)
        {
            Conclude(failed, failure);
            throw;
        }
        catch
        {
            Conclude(failed, null);
            throw;
        }
    }

    private void Conclude(SessionTicket ticket, XapiException? failure)
    {
        lock (_gate)
        {
            _current = ticket;
            _search = null;
            _failure = failure;
            _failedAt = options.TimeProvider.GetTimestamp();
        }

        _isAlive = failure is null;
    }

    private async Task<SessionTicket> FindAsync(SessionTicket failed, XapiException cause)
    {
        XapiException last = cause;
        foreach (string host in Candidates(failed, cause))
        {
            HostPort place = failed.Place with { Host = host };
            try
            {
                return await login.ReviveAsync(place, failed, _ending.Token).ConfigureAwait(false);
            }
            catch (XapiException refusal) when (!XapiCodes.IsLoginRefusal(refusal.Code))
            {
                XapiLog.ProbeFailed(logger, address.Host, host, refusal.Message);
                last = refusal;
            }
        }

        throw last;
    }

    /// <summary>Whom to ask for the pool, in this order: who was named, who was asked last, all others.</summary>
    private IEnumerable<string> Candidates(SessionTicket failed, XapiException cause)
    {
        bool isNamed = cause is { Code: XapiCodes.HostIsSlave, Parameters: [{ Length: > 0 }, ..] };
        IEnumerable<string> named = isNamed ? [cause.Parameters[0].Trim('[', ']')] : [];
        return named.Append(failed.Place.Host).Concat(_otherHosts).Distinct(StringComparer.OrdinalIgnoreCase);
    }

    private async Task LogoutAsync()
    {
        SessionTicket ticket = Current;
        try
        {
            await login.LogoutAsync(ticket.Place, ticket.Token, CancellationToken.None).ConfigureAwait(false);
        }
        catch (XapiException cause)
        {
            XapiLog.LogoutFailed(logger, address.Host, cause.Message);
        }
    }
}
