using System.Reflection;

namespace VdiFs.Xapi;

/// <summary>How to talk to a pool.</summary>
public sealed record XapiOptions
{
    /// <summary>"VdiFs/" and the version of this build.</summary>
    public static string DefaultOriginator { get; } = "VdiFs/" + typeof(XapiOptions).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>A PEM file of certificates to trust in place of the system's; null for none.</summary>
    public string? CaFile { get; init; }

    /// <summary>SHA-256 of the one certificate to accept, in hexadecimal, colons allowed; null for none.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>
    /// A file that remembers the certificate each host showed first (created with mode 0600, its folder with 0700),
    /// used where neither <see cref="CaFile"/> nor <see cref="Fingerprint"/> is given. Null: the system's authorities
    /// decide.
    /// </summary>
    public string? PinFile { get; init; }

    /// <summary>
    /// What the pool's administrators see of this client; also the User-Agent. XAPI counts sessions per originator and
    /// limits rates per User-Agent, so it is the same for every process of this product.
    /// </summary>
    public string Originator { get; init; } = DefaultOriginator;

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Chance, for pauses. Must be thread-safe.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>
    /// Longest time for one call. Long, because XAPI delays calls over the rate limit and waits for other operations
    /// instead of refusing.
    /// </summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest time to make a connection, TLS included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Longest time per host in the search for the coordinator, when the last one is gone. A new login is a call.
    /// </summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Longest time for the logout at the end, and before it for a login or for making a task, where one is under way.
    /// </summary>
    public TimeSpan LogoutTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long XAPI may hold an event call while nothing happens.</summary>
    public TimeSpan EventTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Longest pause of <see cref="PoolMirror"/> before it asks again after a failure, and shortest time between two
    /// reloads for a count that is wrong.
    /// </summary>
    public TimeSpan MaximumPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Makes the stream to a host and port over which TLS is spoken; null for TCP. For tests and tunnels.
    /// </summary>
    public Func<string, int, CancellationToken, ValueTask<Stream>>? Transport { get; init; }
}
