namespace VdiFs.Peers.Racing;

/// <summary>One question, put to every contestant in every round.</summary>
/// <param name="Title">Heading of its table.</param>
/// <param name="Figures">The table's columns.</param>
/// <param name="Contestants">Its rows.</param>
/// <param name="Targets">What is to be reached.</param>
internal sealed record Race(
    string Title,
    IReadOnlyList<Figure> Figures,
    IReadOnlyList<Contestant> Contestants,
    IReadOnlyList<Target> Targets)
{
    /// <summary>How much memory a run takes that nobody had before, in sizes of the disk: pages of what is read through
    /// the page cache, and copies. None by default.</summary>
    public double FreshMemory { get; init; }

    /// <summary>Which contestant reads the disk from its server and keeps nothing: with it, and the ceiling, it is told
    /// what who also has to fetch can reach. Null: that is not told.</summary>
    public string? Fetcher { get; init; }

    /// <summary>Whether the ceiling takes part.</summary>
    public bool HasCeiling => Contestants.Any(contestant => contestant.Name == Contestant.Ceiling);
}
