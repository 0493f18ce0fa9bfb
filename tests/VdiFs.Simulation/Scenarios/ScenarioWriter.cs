namespace VdiFs.Simulation.Scenarios;

/// <summary>Draws the scenario of a seed.</summary>
internal sealed class ScenarioWriter
{
    /// <summary>Reads of one scenario, about.</summary>
    public const int Reads = 1000;

    private const int MaximumSpells = 64;

    private readonly long _seed;
    private readonly Random _random;
    private readonly TimeSpan _horizon;
    private readonly FaultKind[] _palette;

    private ScenarioWriter(long seed)
    {
        _seed = seed;
        _random = new Random((int)(((ulong)seed * 0x9E37_79B9_7F4A_7C15) >> 33));
        _horizon = LogUniform(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(40));
        _palette = DrawPalette();
    }

    public static Scenario Write(long seed) => new ScenarioWriter(seed).Write();

    private Scenario Write()
    {
        ServerManner manner = ServerManner.Draw(_random);
        long length = DrawLength(manner);
        EndpointPlan[] endpoints = DrawEndpoints();
        Scenario scenario = new()
        {
            Seed = _seed,
            Content = DiskContent.Of(_random.Next(4)),
            DiskLength = length,
            BadRanges = DrawBadRanges(length, endpoints.Length),
            Manner = manner,
            Endpoints = endpoints,
            Readers = DrawReaders(),
            Connections = _random.Next(1, 6),
            RequestsInFlight = Pick(1, 2, 4, 16),
            CacheBytes = Pick(4L, 5L, 8L, 32L) << 20,
            ReadDeadline = TimeSpan.FromSeconds(Pick(60, 120, 300)),
            AttemptTimeout = TimeSpan.FromSeconds(Pick(5, 15, 30)),
            HandshakeTimeout = TimeSpan.FromSeconds(Pick(10, 30, 300)),
        };
        return DrawLater(scenario);
    }

    /// <summary>
    /// What scenarios have got since the first seeds found something: a chance of its own leaves those as they were.
    /// </summary>
    private static Scenario DrawLater(Scenario scenario)
    {
        Random chance = scenario.Chance(300);
        double idle = chance.NextDouble();
        return scenario with
        {
            IdleTimeout = idle < 0.5 ? null : TimeSpan.FromMilliseconds(100 * Math.Pow(600, chance.NextDouble())),
            HangsUpAtBadSectors = chance.NextDouble() < 0.5,
            SaturatedBytes = chance.NextDouble() < 0.5 ? long.MaxValue : 1L << chance.Next(12, 22),
        };
    }

    private FaultKind[] DrawPalette()
    {
        FaultKind[] spells = [.. Enum.GetValues<FaultKind>().Where(kind => kind != FaultKind.BadSectors)];
        if (_random.NextDouble() < 0.4)
        {
            return spells;
        }

        _random.Shuffle(spells);
        return spells[.._random.Next(1, 4)];
    }

    private long DrawLength(ServerManner manner)
    {
        long length = (long)LogUniform(64 * 1024, DiskContent.MaximumLength);
        uint unit = manner.BlockSizes?.Minimum ?? (_random.NextDouble() < 0.8 ? 512u : 1u);
        return Math.Max(length / unit * unit, unit);
    }

    private EndpointPlan[] DrawEndpoints()
    {
        var endpoints = new EndpointPlan[_random.Next(1, 4)];
        double well = _random.NextDouble();
        int refuge = well < 0.35 ? _random.Next(endpoints.Length) : -1;
        for (int i = 0; i < endpoints.Length; i++)
        {
            TimeSpan latency = LogUniform(TimeSpan.FromMicroseconds(50), TimeSpan.FromMilliseconds(40));
            bool isWell = i == refuge || well > 0.97;
            endpoints[i] = new EndpointPlan(latency, isWell ? [] : DrawSpells());
        }

        return endpoints;
    }

    private List<Spell> DrawSpells()
    {
        List<Spell> spells = [];
        TimeSpan longestCalm = LogUniform(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(10));
        TimeSpan longestSpell = LogUniform(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15));
        TimeSpan time = TimeSpan.Zero;
        while (spells.Count < MaximumSpells)
        {
            time += LogUniform(TimeSpan.FromSeconds(1), longestCalm);
            if (time > _horizon)
            {
                break;
            }

            TimeSpan end = time + LogUniform(TimeSpan.FromMilliseconds(200), longestSpell);
            double severity = _random.NextDouble() < 0.3 ? 1 : LogUniform(0.01, 1);
            spells.Add(new Spell(_palette[_random.Next(_palette.Length)], time, end, severity));
            time = end;
        }

        return spells;
    }

    private List<BadRange> DrawBadRanges(long length, int endpoints)
    {
        List<BadRange> ranges = [];
        int count = _random.NextDouble() < 0.7 ? 0 : _random.Next(1, 4);
        for (int i = 0; i < count; i++)
        {
            long start = _random.NextInt64(length);
            long end = Math.Min(length, start + (long)LogUniform(1, 256 * 1024));
            ranges.Add(new BadRange(start, end, _random.NextDouble() < 0.5 ? null : _random.Next(endpoints)));
        }

        return ranges;
    }

    private ReaderPlan[] DrawReaders()
    {
        var readers = new ReaderPlan[_random.Next(1, 9)];
        int longest = (int)LogUniform(2048, _random.Next(8) == 0 ? 1024 * 1024 : 128 * 1024);
        double cancels = _random.NextDouble() < 0.6 ? 0 : LogUniform(0.01, 0.5);
        TimeSpan pause = _horizon * readers.Length / Reads;
        for (int i = 0; i < readers.Length; i++)
        {
            Walk walk = (Walk)_random.Next(3);
            readers[i] = new ReaderPlan(walk, Reads / readers.Length, pause, longest, cancels);
        }

        return readers;
    }

    private TimeSpan LogUniform(TimeSpan least, TimeSpan most) =>
        TimeSpan.FromTicks((long)LogUniform(least.Ticks, Math.Max(least.Ticks, most.Ticks)));

    private double LogUniform(double least, double most) =>
        least * Math.Pow(most / least, _random.NextDouble());

    private T Pick<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];
}
