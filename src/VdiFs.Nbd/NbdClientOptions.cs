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

    /// <summary>
    /// Time for connecting and the handshake of one connection, and for each step of a listing (1 ms to 1 day).
    /// </summary>
    public TimeSpan ConnectTimeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromMilliseconds(1), nameof(ConnectTimeout));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1), nameof(ConnectTimeout));
            field = value;
        }
    } = TimeSpan.FromSeconds(30);

    /// <summary>The clock of the time limits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    private static int InRange(int value, int maximum, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, maximum, name);
        return value;
    }
}
