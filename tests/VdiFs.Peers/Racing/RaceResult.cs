namespace VdiFs.Peers.Racing;

/// <summary>What the rounds of a race gave.</summary>
internal sealed class RaceResult(Race race)
{
    private readonly Dictionary<string, List<Sample?>> _samples =
        race.Contestants.ToDictionary(contestant => contestant.Name, _ => new List<Sample?>());

    public Race Race => race;

    /// <summary>Why runs failed, by contestant: the first reason of each.</summary>
    public Dictionary<string, string> Failures { get; } = [];

    public int Rounds => _samples.Values.Max(samples => samples.Count);

    /// <param name="contestant">Whose run it was.</param>
    /// <param name="sample">Null: the run failed.</param>
    public void Add(Contestant contestant, Sample? sample) => _samples[contestant.Name].Add(sample);

    /// <summary>The median of a figure; null when no round has it.</summary>
    public double? Median(string contestant, Figure figure) =>
        Middle(_samples[contestant].Select(sample => Value(sample, figure)));

    /// <summary>What a target got: the median, of ratios taken inside each round where it is one.</summary>
    public double? Got(Target target) => target.Against is null
        ? Median(target.Contestant, target.Figure)
        : Middle(_samples[target.Contestant].Zip(
            _samples[target.Against],
            (own, other) => Value(own, target.Figure) / Value(other, target.Figure)));

    private static double? Value(Sample? sample, Figure figure) =>
        sample is not null && sample.TryGetValue(figure, out double value) ? value : null;

    private static double? Middle(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Order()];
        return sorted.Length == 0 ? null : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
