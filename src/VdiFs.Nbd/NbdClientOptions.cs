namespace VdiFs.Nbd;

/// <summary>Limits of one client. Immutable; a value out of its range throws where it is set.</summary>
public sealed record NbdClientOptions
{
    /// <summary>Most connections of one client.</summary>
    public const int MaximumConnections = 64;

    /// <summary>Most requests in flight on one connection.</summary>
    public const int MaximumRequestsInFlight = 1024;

    /// <summary>Connections to open when the server allows more than one (1 to 64).</summary>
    public int Connections
    {
        get;
        init => field = InRange(value, MaximumConnections, nameof(Connections));
    } = 4;

    /// <summary>Requests in flight on each connection (1 to 1024); further ones wait their turn.</summary>
    public int RequestsInFlight
    {
        get;
        init => field = InRange(value, MaximumRequestsInFlight, nameof(RequestsInFlight));
    } = 16;

    /// <summary>Time for reaching the server: the transport's connect alone (1 ms to 1 day).</summary>
    public TimeSpan ConnectTimeout
    {
        get;
        init => field = InRange(value, nameof(ConnectTimeout));
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Time for the handshake of one connection from the greeting on, for its verification, and for each step of a
    /// listing (1 ms to 1 day). Generous by default: a XenServer host greets after up to 300 s when its pool's
    /// coordinator is slow to answer.
    /// </summary>
    public TimeSpan HandshakeTimeout
    {
        get;
        init => field = InRange(value, nameof(HandshakeTimeout));
    } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Opens several connections though the server does not say that it allows them (NBD_FLAG_CAN_MULTI_CONN): for an
    /// export whose content is known not to change, where that flag has nothing to promise.
    /// </summary>
    public bool AssumeMultiConnect { get; init; }

    /// <summary>
    /// Follows the URI's export name on the wire, and is shown nowhere; null for nothing. Both together have at most
    /// 4096 bytes of UTF-8.
    /// </summary>
    public NbdSecret? ExportNameSecret { get; init; }

    /// <summary>
    /// Called with each new connection, the first included, before it carries any request: throws
    /// <see cref="NbdException"/> when the export behind it is not to be read. Null: size and flags are compared among
    /// the connections of the client and nothing else. Kind ExportChanged ends the client; any other kind counts as a
    /// connection that could not be opened.
    /// </summary>
    public Func<NbdProbe, CancellationToken, Task>? Verify { get; init; }

    /// <summary>
    /// Makes the stream of bytes to a server, which the client owns and disposes; TCP or a unix socket by default.
    /// </summary>
    public Func<NbdUri, CancellationToken, Task<Stream>> Transport { get; init; } = Pool.Transport.ConnectAsync;

    /// <summary>TLS, for nbds URIs; null for what the URI says. Given for a plain URI it is an error.</summary>
    public NbdTlsOptions? Tls { get; init; }

    /// <summary>The clock of the time limits and pauses, and of certificates' dates.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Spreads the pauses between attempts to connect; must be thread-safe.</summary>
    public Random Random { get; init; } = Random.Shared;

    private static TimeSpan InRange(TimeSpan value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromMilliseconds(1), name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1), name);
        return value;
    }

    private static int InRange(int value, int maximum, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, maximum, name);
        return value;
    }
}
