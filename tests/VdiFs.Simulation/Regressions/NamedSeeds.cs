namespace VdiFs.Simulation.Regressions;

/// <summary>Every seed that found a fault of the product; kept for ever, and played in every test run.</summary>
internal static class NamedSeeds
{
    public static IReadOnlyList<NamedSeed> All { get; } =
    [
        new(1300, "A wait of less than a millisecond ends", "a late read spun, its timer rounded down to nothing"),
        new(1120, "The deadline of a read counts for all its fetches", "a block asked for alone began a new deadline"),
        new(1266, "The deadline counts for a single reader too", "the same, without a second reader"),
        new(2237, "A server is connected to once", "a second client took the place of a living one, which leaked"),
        new(2527, "Connections stay within their limit", "4 to 6 connections to a server where 3 were allowed"),
        new(3816, "A short deadline leaves time to go elsewhere", "no second attempt came before a deadline of 60 s"),
        new(3094, "Opening a disk ends at its deadline", "each question about allocation had a deadline of its own"),
        new(7301, "A dead connection is given up in time", "it lived on while a second attempt took its time"),
        new(8122, "A silent server is left for another", "its dropped connection was asked for again at the same one"),
        new(2820, "Hang-ups at one server are no verdict on another", "the other was never asked, a bad page held it up"),
    ];
}
