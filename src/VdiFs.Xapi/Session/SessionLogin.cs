using System.Text.Json;
using VdiFs.Xapi.Http;
using VdiFs.Xapi.Rpc;

namespace VdiFs.Xapi.Session;

/// <summary>The conversations about a session: login, whether it still counts, logout. Thread-safe.</summary>
internal sealed class SessionLogin(
    XapiLogin login, RpcClient rpc, PoolTrust trust, SecretWords secrets, XapiOptions options)
{
    /// <summary>The version of the XenAPI that the client speaks.</summary>
    private const string ApiVersion = "1.0";

    /// <summary>The pool's uuid; empty before the first login.</summary>
    private volatile string _poolUuid = "";

    /// <summary>Logs in, on the coordinator wherever a member says that it is.</summary>
    /// <exception cref="XapiException">No login there; no session is left.</exception>
    public Task<SessionTicket> LoginAsync(HostPort place, int generation, CancellationToken cancellationToken) =>
        FollowAsync(place, at => LoginAtAsync(at, generation, cancellationToken));

    /// <summary>
    /// The same session at a host, or at the coordinator that it names; a new one when the pool has forgotten it.
    /// </summary>
    /// <exception cref="XapiException">The way through this host does not lead to the pool.</exception>
    public async Task<SessionTicket> ReviveAsync(
        HostPort place, SessionTicket old, CancellationToken cancellationToken)
    {
        try
        {
            return await FollowAsync(place, async at =>
            {
                await CheckPoolAsync(at, old.Token, options.ProbeTimeout, cancellationToken).ConfigureAwait(false);
                return new SessionTicket(old.Token, at, old.Generation);
            }).ConfigureAwait(false);
        }
        catch (XapiException forgotten) when (IsForgotten(forgotten))
        {
            // The host answers, so the login may take its time: one that is given up leaves its session in the pool.
            return await LoginAsync(place, old.Generation + 1, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a refusal means that the session is gone.</summary>
    public static bool IsForgotten(XapiException cause) =>
        cause.Code == XapiCodes.SessionInvalid
        || (cause.Code == XapiCodes.HandleInvalid && cause.Parameters is ["session", ..]);

    /// <exception cref="XapiException">The pool forgets the session by itself, a day later.</exception>
    public Task LogoutAsync(HostPort place, string token, CancellationToken cancellationToken) => rpc.CallAsync(
        new RpcCall { Place = place, Method = "session.logout", Session = token, Timeout = options.LogoutTimeout },
        cancellationToken);

    private async Task<SessionTicket> FollowAsync(HostPort place, Func<HostPort, Task<SessionTicket>> ask)
    {
        for (int redirects = 0; ; redirects++)
        {
            try
            {
                return await ask(place).ConfigureAwait(false);
            }
            catch (XapiException member) when (
                member is { Code: XapiCodes.HostIsSlave, Parameters: [{ Length: > 0 }, ..] }
                && redirects < XapiLimits.Redirects)
            {
                place = place with { Host = member.Parameters[0].Trim('[', ']') };

                // The member's own certificate was accepted, so its word about the coordinator's is.
                if (member.CoordinatorThumbprint is { } thumbprint)
                {
                    trust.Tell(place.Host, thumbprint);
                }
            }
        }
    }

    private async Task<SessionTicket> LoginAtAsync(
        HostPort place, int generation, CancellationToken cancellationToken)
    {
        JsonElement result = await AskForSessionAsync(place, cancellationToken).ConfigureAwait(false);
        string token = result.ValueKind == JsonValueKind.String ? result.GetString()! : "";
        if (token.Length == 0)
        {
            throw new XapiException(XapiErrorKind.Protocol, $"{place} logs in, but gives no session");
        }

        secrets.Add(token);
        try
        {
            await CheckPoolAsync(place, token, options.CallTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await LogoutQuietlyAsync(place, token).ConfigureAwait(false);
            throw;
        }

        secrets.Keep(token);
        return new SessionTicket(token, place, generation);
    }

    private async Task<JsonElement> AskForSessionAsync(HostPort place, CancellationToken cancellationToken)
    {
        using GracePeriod grace = new(options, cancellationToken);
        RpcCall call = new()
        {
            Place = place,
            Method = "session.login_with_password",
            Arguments = [login.User, login.Password, ApiVersion, options.Originator],
            Sending = grace.Send,
            Timeout = options.CallTimeout,
        };
        return await rpc.CallAsync(call, grace.Token).ConfigureAwait(false);
    }

    /// <summary>
    /// A host that was ejected answers as another pool, with the same user and password: then its sessions are not
    /// ours.
    /// </summary>
    private async Task CheckPoolAsync(
        HostPort place, string token, TimeSpan timeout, CancellationToken cancellationToken)
    {
        JsonElement pools = await rpc.CallAsync(
            new RpcCall { Place = place, Method = "pool.get_all_records", Session = token, Timeout = timeout },
            cancellationToken).ConfigureAwait(false);
        string uuid = UuidOfOnly(pools)
            ?? throw new XapiException(XapiErrorKind.Protocol, $"{place} does not say which pool it is");
        if (_poolUuid.Length == 0)
        {
            _poolUuid = uuid;
        }

        if (uuid != _poolUuid)
        {
            throw new XapiException(
                XapiErrorKind.Protocol,
                $"{place} belongs to another pool ({uuid}) than at the first login ({_poolUuid})");
        }
    }

    private static string? UuidOfOnly(JsonElement pools)
    {
        if (pools.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (JsonProperty pool in pools.EnumerateObject())
        {
            bool hasUuid = pool.Value.ValueKind == JsonValueKind.Object
                && pool.Value.TryGetProperty("uuid", out JsonElement uuid)
                && uuid.ValueKind == JsonValueKind.String;
            return hasUuid ? ServerText.Shown(pool.Value.GetProperty("uuid").GetString()!) : null;
        }

        return null;
    }

    private async Task LogoutQuietlyAsync(HostPort place, string token)
    {
        try
        {
            await LogoutAsync(place, token, CancellationToken.None).ConfigureAwait(false);
        }
        catch (XapiException)
        {
            // What brought us here is told instead.
        }
    }
}
