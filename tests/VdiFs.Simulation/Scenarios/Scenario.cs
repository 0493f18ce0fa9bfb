namespace VdiFs.Simulation.Scenarios;

/// <summary>One seed's story: a disk, its servers and their faults, the client's limits, and readers.</summary>
internal sealed record Scenario
{
    public required long Seed { get; init; }

    public required DiskContent Content { get; init; }

    public required long DiskLength { get; init; }

    public required IReadOnlyList<BadRange> BadRanges { get; init; }

    public required ServerManner Manner { get; init; }

    public required IReadOnlyList<EndpointPlan> Endpoints { get; init; }

    public required IReadOnlyList<ReaderPlan> Readers { get; init; }

    public required int Connections { get; init; }

    public required int RequestsInFlight { get; init; }

    public required long CacheBytes { get; init; }

    public required TimeSpan ReadDeadline { get; init; }

    public required TimeSpan AttemptTimeout { get; init; }

    public required TimeSpan HandshakeTimeout { get; init; }

    /// <summary>When the client closes connections that nobody uses; null: never.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>
    /// Whether the servers hang up at a bad sector, as xapi-nbd and qemu-nbd 7.2 do, and tell no error.
    /// </summary>
    public bool HangsUpAtBadSectors { get; init; }

    /// <summary>What a server owes when a further one joins it; so little that readers here bring it about.</summary>
    public long SaturatedBytes { get; init; }

    /// <summary>A source of chance for one part of the run, so that no part disturbs another's.</summary>
    public Random Chance(int part) => new(HashCode(Seed, part));

    private static int HashCode(long seed, int part)
    {
        ulong mixed = ((ulong)seed + ((ulong)part << 48) + 1) * 0x9E37_79B9_7F4A_7C15;
        mixed = (mixed ^ (mixed >> 32)) * 0xD6E8_FEB8_6659_FD93;
        return (int)(mixed >> 33);
    }
}
