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
        : Ratio(_samples[target.Contestant], target.Against, target.Figure);

    /// <summary>What the ceiling got of a target; null: it is no ratio, or one to the ceiling itself.</summary>
    public double? OfCeiling(Target target) => target.Against is null or Contestant.Ceiling
        ? null
        : Got(target with { Contestant = Contestant.Ceiling });

    /// <summary>The same of the ceiling that also has to fetch.</summary>
    public double? OfFetchingCeiling(Target target) => target.Against is null || race.Fetcher is null
        ? null
        : Ratio(
            _samples[Contestant.Ceiling].Zip(
                _samples[race.Fetcher],
                (serving, fetching) => FetchingCeiling.Of(serving, fetching, Environment.ProcessorCount)),
            target.Against,
            target.Figure);

    private double? Ratio(IEnumerable<Sample?> own, string against, Figure figure) =>
        Middle(own.Zip(_samples[against], (one, other) => Value(one, figure) / Value(other, figure)));

    private static double? Value(Sample? sample, Figure figure) =>
        sample is not null && sample.TryGetValue(figure, out double value) ? value : null;

    private static double? Middle(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Order()];
        return sorted.Length == 0 ? null : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
