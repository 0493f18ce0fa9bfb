using System.Text.Json;
using Microsoft.Extensions.Logging;
using VdiFs.Xapi.Http;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Rpc;
using VdiFs.Xapi.Session;

namespace VdiFs.Xapi;

/// <summary>
/// One login to a pool. It logs in again when the pool has forgotten it, finds the coordinator again when that has
/// changed, and logs out when disposed of. Thread-safe.
/// </summary>
public sealed class XapiSession : IAsyncDisposable
{
    private readonly SessionKeeper _keeper;
    private readonly HostClients _hosts;
    private readonly PoolTrust _trust;
    private readonly RpcClient _rpc;
    private readonly SecretWords _secrets;
    private int _isDisposed;

    private XapiSession(
        XapiAddress address,
        XapiOptions options,
        ILogger logger,
        SessionKeeper keeper,
        HostClients hosts,
        PoolTrust trust,
        RpcClient rpc,
        SecretWords secrets)
    {
        Address = address;
        Options = options;
        Logger = logger;
        _secrets = secrets;
        _keeper = keeper;
        _hosts = hosts;
        _trust = trust;
        _rpc = rpc;
    }

    /// <summary>
    /// Number of logins so far, from 1. Session references, and export names with them, change with it.
    /// </summary>
    public int Generation => _keeper.Current.Generation;

    /// <summary>The host that is asked now.</summary>
    public XapiAddress Coordinator
    {
        get
        {
            HostPort place = _keeper.Current.Place;
            return Address with { Host = place.Host, Port = place.Port };
        }
    }

    /// <summary>Whether the pool answered the last time it was asked.</summary>
    public bool IsAlive => _keeper.IsAlive && !IsDisposed;

    /// <summary>Another object after each login and each change of the coordinator.</summary>
    internal object Identity => _keeper.Current;

    /// <summary>The login as it counts now: a secret.</summary>
    internal SessionTicket Ticket => _keeper.Current;

    internal ILogger Logger { get; }

    internal bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    /// <summary>What the user named.</summary>
    internal XapiAddress Address { get; }

    internal XapiOptions Options { get; }

    /// <summary>Logs in at a host of the pool, or at the coordinator that it names.</summary>
    /// <exception cref="XapiException">Any kind but BadExport; nothing is left behind.</exception>
    public static async Task<XapiSession> LoginAsync(
        XapiAddress address, XapiLogin login, XapiOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        PoolTrust trust = await PoolTrust.LoadAsync(options, logger, cancellationToken).ConfigureAwait(false);
        SecretWords secrets = new(login.Password);
        HostClients hosts = new(options, trust);
        try
        {
            RpcClient rpc = new(hosts, secrets, options.TimeProvider);
            SessionLogin conversations = new(login, rpc, trust, secrets, options);
            SessionTicket first = await conversations
                .LoginAsync(new HostPort(address.Host, address.Port), 1, cancellationToken)
                .ConfigureAwait(false);
            XapiLog.LoggedIn(logger, address.Host, first.Place.Host, first.Generation);
            SessionKeeper keeper = new(address, first, conversations, options, logger);
            return new XapiSession(address, options, logger, keeper, hosts, trust, rpc, secrets);
        }
        catch
        {
            hosts.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Calls a method. A call that was surely not done is repeated with a new login or at the new coordinator; one that
    /// only reads is repeated also when its connection broke. Any other is never made twice.
    /// </summary>
    /// <param name="method">As "VDI.get_record".</param>
    /// <param name="arguments">Without the session, which is put first.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The result, which lives by itself.</returns>
    /// <exception cref="XapiException">Any kind but BadExport.</exception>
    public Task<JsonElement> CallAsync(
        string method, IReadOnlyList<XapiValue> arguments, CancellationToken cancellationToken) => RunAsync(
        method.Contains(".get_", StringComparison.Ordinal),
        (ticket, token) => _rpc.CallAsync(Call(ticket, method, arguments), token),
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _keeper.DisposeAsync().ConfigureAwait(false);
        _hosts.Dispose();
    }

    /// <summary>A question about the session itself, which is the argument too.</summary>
    internal Task<JsonElement> CallAboutItselfAsync(string method, CancellationToken cancellationToken) => RunAsync(
        true,
        (ticket, token) => _rpc.CallAsync(Call(ticket, method, [ticket.Token]), token),
        cancellationToken);

    /// <summary>Calls and reads the result while it comes; never repeats what broke in the middle.</summary>
    internal Task<T> CallOnceAsync<T>(
        string method,
        IReadOnlyList<XapiValue> arguments,
        Func<JsonFeed, CancellationToken, ValueTask<T>> readResult,
        CancellationToken cancellationToken) => RunAsync(
        false,
        (ticket, token) => _rpc.CallAsync(Call(ticket, method, arguments), readResult, token),
        cancellationToken);

    /// <summary>
    /// Begins a call that the pool then carries out by itself, whoever waits; the result is the reference of its task.
    /// </summary>
    internal Task<JsonElement> StartAsync(
        string method,
        IReadOnlyList<XapiValue> arguments,
        IReadOnlyDictionary<string, string> taskNotes,
        CancellationToken cancellationToken) => RunAsync(
        false,
        (ticket, token) => _rpc.CallAsync(Call(ticket, "Async." + method, arguments, taskNotes), token),
        cancellationToken);

    /// <summary>Does something with the session reference, with a new one when the pool has forgotten it.</summary>
    internal async Task<T> RunAsync<T>(
        bool isReading, Func<SessionTicket, CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        using CancellationTokenSource ended =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _keeper.Ending);
        SessionTicket ticket = _keeper.Current;
        for (int repeats = 0; ; repeats++)
        {
            try
            {
                T result = await action(ticket, ended.Token).ConfigureAwait(false);
                _keeper.IsAlive = true;
                return result;
            }
            catch (XapiException cause) when (SessionKeeper.IsCurable(cause))
            {
                // Begun in any case, so that the next call finds the pool.
                Task<SessionTicket> renewed = _keeper.RenewAsync(ticket, cause);
                bool mayRepeat = SessionKeeper.WasNotDone(cause)
                    || (isReading && cause.Kind == XapiErrorKind.ConnectionLost);
                if (!mayRepeat || repeats == XapiLimits.CallRepeats)
                {
                    throw;
                }

                ticket = await renewed.WaitAsync(ended.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// The reference of the session now: a secret, as good as the password while the session lives. Export names of NBD
    /// end with it.
    /// </summary>
    public string GetReference() => _keeper.Current.Token;

    /// <summary>Logs out a session that a dead process left; no error when the pool has forgotten it.</summary>
    /// <param name="reference">The reference of that session: a secret.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="XapiException">Any kind but BadExport.</exception>
    public async Task LogoutOtherAsync(string reference, CancellationToken cancellationToken)
    {
        _secrets.Add(reference);
        RpcCall logout = new()
        {
            Place = _keeper.Current.Place,
            Method = "session.logout",
            Session = reference,
            Arguments = [],
            Timeout = Options.LogoutTimeout,
        };
        try
        {
            // Past the cure for a forgotten session: this one is not ours to renew.
            await _rpc.CallAsync(logout, cancellationToken).ConfigureAwait(false);
        }
        catch (XapiException forgotten) when (forgotten.Code is XapiCodes.SessionInvalid or XapiCodes.HandleInvalid)
        {
            // Just what was wanted.
        }
    }

    /// <summary>Where a host of the pool listens; the coordinator for null.</summary>
    internal HostPort PlaceOf(string? address)
    {
        HostPort coordinator = _keeper.Current.Place;
        return address is null ? coordinator : coordinator with { Host = address };
    }

    /// <summary>A login that the pool has just accepted.</summary>
    /// <exception cref="XapiException">There is none now.</exception>
    internal Task<SessionTicket> CheckTicketAsync(CancellationToken cancellationToken) => RunAsync(
        true,
        async (ticket, token) =>
        {
            await _rpc.CallAsync(Call(ticket, "pool.get_all_records", []), token).ConfigureAwait(false);
            return ticket;
        },
        cancellationToken);

    /// <summary>Learns the certificate of a host of the pool, where nothing else can decide over it.</summary>
    /// <exception cref="XapiException">The pool does not answer.</exception>
    internal async Task IntroduceAsync(string address, CancellationToken cancellationToken)
    {
        if (_trust.Authorities is null && _trust.KnownOf(address) is null
            && await HostIntroduction.AskAsync(this, address, cancellationToken).ConfigureAwait(false)
                is { } fingerprint)
        {
            _trust.Tell(address, fingerprint);
        }
    }

    /// <summary>A failure with the reason that the server wrote down elsewhere.</summary>
    internal XapiException WithReason(XapiException failure, IReadOnlyList<string> errorInfo)
    {
        string[] reason = [.. errorInfo.Take(XapiLimits.ErrorParameters).Select(_secrets.Shown)];
        return new XapiException(
            failure.Kind, $"{failure.Message}: {RefusalText.Quoted(reason[0], reason[1..])}", failure)
        {
            Code = reason[0],
            Parameters = reason[1..],
            Status = failure.Status,
        };
    }

    /// <summary>A GET at a host of the pool; the caller disposes of the reply and reads its body.</summary>
    internal async Task<HttpResponseMessage> GetAsync(
        HostPort place, string pathAndQuery, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, place.Uri(pathAndQuery));
        return await _hosts.For(place).SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes from the records where the pool's hosts are, and which certificates they show.</summary>
    internal void Learn(PoolDatabase database)
    {
        _keeper.Know(PoolHosts.AddressesOf(database));
        _trust.Record(PoolHosts.CertificatesOf(database));
    }

    private RpcCall Call(
        SessionTicket ticket,
        string method,
        IReadOnlyList<XapiValue> arguments,
        IReadOnlyDictionary<string, string>? taskNotes = null) => new()
    {
        TaskNotes = taskNotes ?? EmptyMap.Instance,
        Place = ticket.Place,
        Method = method,
        Session = ticket.Token,
        Arguments = arguments,
        Timeout = Options.CallTimeout,
    };
}
