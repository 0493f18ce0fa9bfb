namespace VdiFs.Simulation.Scenarios;

/// <summary>How the servers of a scenario speak NBD; all of them run the same software.</summary>
internal sealed record ServerManner
{
    /// <summary>Whether options other than EXPORT_NAME are known (NBD_FLAG_FIXED_NEWSTYLE).</summary>
    public required bool IsFixedNewstyle { get; init; }

    /// <summary>Whether 124 zeroes can be left out (NBD_FLAG_NO_ZEROES).</summary>
    public required bool HasNoZeroes { get; init; }

    /// <summary>Whether NBD_OPT_GO is known.</summary>
    public required bool KnowsGo { get; init; }

    /// <summary>Whether replies come in chunks.</summary>
    public required bool IsStructured { get; init; }

    /// <summary>Whether base:allocation is known.</summary>
    public required bool HasAllocation { get; init; }

    /// <summary>Whether several connections are allowed (NBD_FLAG_CAN_MULTI_CONN).</summary>
    public required bool IsMultiConn { get; init; }

    /// <summary>Minimum, preferred and maximum block size; null when they are not told.</summary>
    public required (uint Minimum, uint Preferred, uint Maximum)? BlockSizes { get; init; }

    /// <summary>Whether replies are cut into several chunks in any order.</summary>
    public required bool Fragments { get; init; }

    public static ServerManner Draw(Random random)
    {
        bool isFixed = random.NextDouble() < 0.95;
        bool isStructured = isFixed && random.NextDouble() < 0.75;
        bool knowsGo = isFixed && random.NextDouble() < 0.85;
        return new ServerManner
        {
            IsFixedNewstyle = isFixed,
            HasNoZeroes = random.NextDouble() < 0.8,
            KnowsGo = knowsGo,
            IsStructured = isStructured,
            HasAllocation = isStructured && random.NextDouble() < 0.6,
            IsMultiConn = random.NextDouble() < 0.8,
            BlockSizes = knowsGo && random.NextDouble() < 0.6 ? DrawSizes(random) : null,
            Fragments = isStructured && random.NextDouble() < 0.5,
        };
    }

    private static (uint Minimum, uint Preferred, uint Maximum) DrawSizes(Random random)
    {
        uint minimum = 1u << random.Next(13);
        uint preferred = Math.Max(minimum, 4096);
        uint maximum = random.Next(4) switch
        {
            0 => 64 * 1024,
            1 => 256 * 1024,
            2 => uint.MaxValue,
            _ => 32 * 1024 * 1024,
        };
        return (minimum, preferred, maximum);
    }
}
