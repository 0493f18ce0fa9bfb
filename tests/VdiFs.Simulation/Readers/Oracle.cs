using VdiFs.Disks;
using VdiFs.Simulation.Runs;
using VdiFs.Simulation.Scenarios;

namespace VdiFs.Simulation.Readers;

/// <summary>Knows when the client has an excuse for an error, because it knows the whole story.</summary>
internal sealed class Oracle(Stage stage)
{
    /// <summary>The largest single fetch.</summary>
    private const int FetchBytes = 1024 * 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Scenario _scenario = stage.Scenario;

    /// <summary>
    /// How long an endpoint must be well until it surely delivers: what was under way when it recovered may have to
    /// time out first, then come a pause, a connection and an attempt.
    /// </summary>
    private TimeSpan Convalescence
    {
        get
        {
            TimeSpan opening = ConnectTimeout + _scenario.HandshakeTimeout;
            TimeSpan stuck = opening > SilenceLimit ? opening : SilenceLimit;
            return stuck + _scenario.AttemptTimeout + (3 * LongestPause);
        }
    }

    /// <summary>Why an error now has no excuse; null when it has one.</summary>
    public string? Doubt(DiskErrorKind kind, long diskOffset, long length)
    {
        TimeSpan now = stage.Schedule.Elapsed;
        TimeSpan since = now > _scenario.ReadDeadline ? now - _scenario.ReadDeadline : TimeSpan.Zero;
        bool isTrusted = false;
        for (int i = 0; i < _scenario.Endpoints.Count; i++)
        {
            EndpointPlan endpoint = _scenario.Endpoints[i];
            isTrusted |= endpoint.TrustedUntil >= now;
            TimeSpan until = endpoint.TrustedUntil < now ? endpoint.TrustedUntil : now;
            if (until <= since || IsBad(kind, i, diskOffset, length))
            {
                continue;
            }

            if (kind == DiskErrorKind.ReadFailed && !endpoint.IsWell(now - Convalescence, now))
            {
                // Servers that all refuse a range now are believed, whatever they did a minute ago.
                continue;
            }

            TimeSpan well = endpoint.LongestWellTime(since, until);
            if (well >= Convalescence || (until == now && endpoint.IsWell(TimeSpan.Zero, now)))
            {
                return $"endpoint {i} was well for {well}";
            }
        }

        bool isEarly = now < _scenario.ReadDeadline;
        return isTrusted && isEarly && !stage.HasRefusedReads(since) && !IsBad(kind, null, diskOffset, length)
            ? "there was time left and no server refused a read"
            : null;
    }

    /// <summary>
    /// Whether bad sectors explain it. A cache block fails as a whole; a fetch of many that nobody could do in time
    /// does too, because no time is left to ask for each alone.
    /// </summary>
    private bool IsBad(DiskErrorKind kind, int? endpoint, long diskOffset, long length)
    {
        long unit = kind == DiskErrorKind.ReadFailed ? DiskContent.GranuleBytes : FetchBytes;
        long margin = kind == DiskErrorKind.ReadFailed ? 0 : unit;
        long start = (diskOffset / unit * unit) - margin;
        long end = ((diskOffset + length + unit - 1) / unit * unit) + margin;
        return _scenario.BadRanges.Any(range =>
            (endpoint is null || range.Endpoint is null || range.Endpoint == endpoint)
            && range.Touches(start, end - start));
    }
}
