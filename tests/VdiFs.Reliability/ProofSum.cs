namespace VdiFs.Reliability;

/// <summary>The lines of one proof, added up.</summary>
internal sealed record ProofSum(
    int Runs,
    string LastDate,
    double Faults,
    double Reads,
    double BytesVerified,
    long Wrong,
    long Hangs,
    long Leaks,
    long Failures,
    double Seconds)
{
    public static ProofSum None { get; } = new(0, "", 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>What the proof was built from, each commit once; "unknown" where a line does not say.</summary>
    public string Commits { get; init; } = "";

    public bool IsClean => Wrong == 0 && Hangs == 0 && Leaks == 0 && Failures == 0;

    /// <summary>Adds the next line.</summary>
    public ProofSum Add(ProofSum other) => new(
        Runs + other.Runs,
        string.CompareOrdinal(LastDate, other.LastDate) > 0 ? LastDate : other.LastDate,
        Faults + other.Faults,
        Reads + other.Reads,
        BytesVerified + other.BytesVerified,
        Wrong + other.Wrong,
        Hangs + other.Hangs,
        Leaks + other.Leaks,
        Failures + other.Failures,
        Seconds + other.Seconds)
    {
        Commits = string.Join(
            ", ",
            $"{Commits}, {other.Commits}".Split(", ", StringSplitOptions.RemoveEmptyEntries).Distinct().Order()),
    };
}
