using System.Globalization;

namespace VdiFs.Peers.Racing;

/// <summary>What a contestant is to reach: a figure of its own, or its ratio to another's inside each round.</summary>
/// <param name="Contestant">Whose figure.</param>
/// <param name="Figure">Which.</param>
/// <param name="Against">Whose same figure it is divided by; null: none.</param>
/// <param name="Wanted">The limit; null: nothing is wanted, the ratio is only told.</param>
/// <param name="IsFloor">Whether more is better.</param>
internal sealed record Target(string Contestant, Figure Figure, string? Against, double? Wanted, bool IsFloor)
{
    public static Target AtLeast(
        double wanted, Figure figure, string? against, string contestant = Racing.Contestant.Vdifs) =>
        new(contestant, figure, against, wanted, IsFloor: true);

    public static Target AtMost(
        double wanted, Figure figure, string? against = null, string contestant = Racing.Contestant.Vdifs) =>
        new(contestant, figure, against, wanted, IsFloor: false);

    /// <summary>How near the product comes to what a mount can reach; of more than that, nothing is wanted.</summary>
    public static Target OfCeiling(Figure figure) =>
        new(Racing.Contestant.Vdifs, figure, Racing.Contestant.Ceiling, Wanted: null, IsFloor: true);

    public string What => Against is null
        ? $"{Figure.Name} of {Contestant}"
        : $"{Figure.Name} of {Contestant} over {Against}'s";

    public string Limit => Wanted is null
        ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{(IsFloor ? ">=" : "<=")} {Wanted}");

    public bool IsReached(double got) => Wanted is null || (IsFloor ? got >= Wanted : got <= Wanted);

    /// <summary>Two digits, or three where two could not tell whether it is reached.</summary>
    public string Show(double got)
    {
        const double Near = 0.01;
        string format = Wanted is { } wanted && Math.Abs(got - wanted) < Near ? "0.000" : "0.00";
        return got.ToString(format, CultureInfo.InvariantCulture);
    }
}
