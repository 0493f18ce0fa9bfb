using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Failover;
using VdiFs.Nbd;
using VdiFs.Simulation.Network;
using VdiFs.Simulation.Readers;
using VdiFs.Simulation.Scenarios;
using VdiFs.Simulation.Scheduling;

namespace VdiFs.Simulation.Runs;

/// <summary>Plays the scenario of one seed: opens the disk, lets the readers read, closes it, and counts what is
/// left.</summary>
internal sealed class SimulationRun
{
    /// <summary>Attempts to open a disk whose servers are ill from the start.</summary>
    private const int OpeningLimit = 20;

    /// <summary>A smaller cache goes with as little memory for fetches as there may be.</summary>
    private const long AmpleCacheBytes = 8 << 20;

    // One of the small ones.
    private const long GrowingCacheBytes = 5 << 20;

    private static readonly TimeSpan ClosingLimit = TimeSpan.FromSeconds(10);

    private readonly Stage _stage;
    private readonly Scenario _scenario;
    private readonly SimulatedHost[] _hosts;
    private readonly Tally _tally = new();
    private bool _isOver;

    private SimulationRun(long seed, TextWriter? lines)
    {
        _scenario = ScenarioWriter.Write(seed);
        _stage = new Stage(_scenario, lines);
        _hosts = 
        [
            .. Enumerable.Range(0, _scenario.Endpoints.Count).Select(number => new SimulatedHost(_stage, number)),
        ];
    }

    /// <summary>Plays one seed, telling of every event if <paramref name="lines"/> is there.</summary>
    public static async Task<RunResult> PlayAsync(long seed, TextWriter? lines)
    {
        SimulationRun run = new(seed, lines);
        Task story = Task.CompletedTask;
        run._stage.Schedule.After(TimeSpan.Zero, () => story = run.TellAsync());
        LoopEnd end = await EventLoop.RunAsync(run._stage.Schedule, () => run._isOver);
        if (end == LoopEnd.Over)
        {
            await story;
        }
        else
        {
            run._stage.Report(FindingKind.Hang, $"the scenario does not go on: {end}");
        }

        return new RunResult(
            seed,
            run._stage.Trace.Hash,
            run._stage.Schedule.Elapsed,
            run._stage.Schedule.Happened,
            run._tally,
            run._stage.Faults,
            run._stage.Findings);
    }

    private async Task TellAsync()
    {
        try
        {
            using BlockCache cache = new(CacheOptions());
            if (await OpenAsync() is { } source)
            {
                await ReadAsync(source, cache);
            }

            // What the servers still have on its way finds nobody.
            await _stage.Schedule.DelayAsync(TimeSpan.FromHours(1));
            CheckLeftovers(cache);
        }
#pragma warning disable CA1031 // The top of the story: whatever ends it early is a finding.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _stage.Report(FindingKind.StrangeException, exception.ToString());
        }

        _isOver = true;
    }

    private async Task<OpenedSource?> OpenAsync()
    {
        for (int i = 0; i < OpeningLimit; i++)
        {
            try
            {
                using ReadWatch watch = new(_stage, "opening the disk");
                OpenedSource source = await NbdSource.OpenAsync(
                    Servers(), ClientOptions(), FailoverOptions(), NullLogger.Instance, CancellationToken.None);
                _stage.OpenedAt = _stage.Schedule.Elapsed;
                _stage.Trace.Note("opened", i, source.Disk.Length);
                return source;
            }
            catch (DiskException exception)
            {
                _stage.Trace.Note("not opened", i, (long)exception.Kind);
                _stage.Trace.Say(exception.Message);
            }

            await _stage.Schedule.DelayAsync(TimeSpan.FromSeconds(30));
        }

        return null;
    }

    private async Task ReadAsync(OpenedSource source, BlockCache cache)
    {
        if (!cache.TryAddMap(source.Map.MemoryBytes))
        {
            throw new InvalidOperationException("the cache has no room for the map of a small disk");
        }

        OpenDisk disk = new(source, cache);
        await Task.WhenAll(_scenario.Readers.Select(
            (plan, number) => new Reader(_stage, plan, number, disk, _tally).RunAsync()));
        ScheduledEvent late = _stage.Schedule.After(
            ClosingLimit, () => _stage.Report(FindingKind.Hang, $"closing takes more than {ClosingLimit}"));
        _stage.Trace.Note("closing", 0);
        await disk.DisposeAsync();
        _stage.Trace.Note("closed", 0);
        late.Cancel();
    }

    private BlockCacheOptions CacheOptions() => new()
    {
        CapacityBytes = _scenario.CacheBytes,
        FillsToBytes = _scenario.CacheBytes == GrowingCacheBytes ? 2 * GrowingCacheBytes : 0,
        GrowsToBytes = _scenario.CacheBytes == GrowingCacheBytes ? 3 * GrowingCacheBytes : 0,
        // A seed tells one story, however much memory this machine has left.
        HasRoomFor = static _ => true,
        InFlightBytes = _scenario.CacheBytes < AmpleCacheBytes
            ? BlockCache.MinimumInFlightBytes
            : BlockCache.DefaultInFlightBytes,
        TimeProvider = _stage.Time,
    };

    private NbdUri[] Servers() => [.. _hosts.Select(host =>
        NbdUri.TryParse($"nbd://host{host.Number}/disk", out NbdUri? uri, out string error)
            ? uri
            : throw new InvalidOperationException(error))];

    private NbdClientOptions ClientOptions() => new()
    {
        Connections = _scenario.Connections,
        RequestsInFlight = _scenario.RequestsInFlight,
        HandshakeTimeout = _scenario.HandshakeTimeout,
        Transport = (uri, cancellationToken) => _hosts[uri.Host![^1] - '0'].ConnectAsync(cancellationToken),
    };

    private FailoverOptions FailoverOptions() => new()
    {
        ReadDeadline = _scenario.ReadDeadline,
        AttemptTimeout = _scenario.AttemptTimeout,
        IdleTimeout = _scenario.IdleTimeout,
        SaturatedBytes = _scenario.SaturatedBytes,
        TimeProvider = _stage.Time,
        Random = _scenario.Chance(1),
    };

    private void CheckLeftovers(BlockCache cache)
    {
        Expect(0, _stage.OpenStreams, "open streams");
        Expect(0, _stage.Time.ArmedTimers, "armed timers");
        Expect(cache.Count, cache.Budget.Taken, "cache blocks in use");
        Expect(0, cache.WaitingReads, "reads that wait for memory");
    }

    private void Expect(int expected, int found, string what)
    {
        if (found != expected)
        {
            _stage.Report(FindingKind.Leak, $"{found} {what} at the end instead of {expected}");
        }
    }
}
