using VdiFs.Xapi.Http;

namespace VdiFs.Xapi.Session;

/// <summary>One login, and where it counts. No record: the token is a secret.</summary>
/// <param name="token">The session reference.</param>
/// <param name="place">The coordinator.</param>
/// <param name="generation">The number of this login; the first is 1.</param>
internal sealed class SessionTicket(string token, HostPort place, int generation)
{
    /// <summary>The session reference: a secret.</summary>
    public string Token { get; } = token;

    /// <summary>The coordinator.</summary>
    public HostPort Place { get; } = place;

    /// <summary>The number of this login; the first is 1.</summary>
    public int Generation { get; } = generation;
}
