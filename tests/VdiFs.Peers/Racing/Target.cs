using System.Globalization;

namespace VdiFs.Peers.Racing;

/// <summary>What a contestant is to reach: a figure of its own, or its ratio to another's inside each round.</summary>
/// <param name="Contestant">Whose figure.</param>
/// <param name="Figure">Which.</param>
/// <param name="Against">Whose same figure it is divided by; null: none.</param>
/// <param name="Wanted">The limit.</param>
/// <param name="IsFloor">Whether more is better.</param>
internal sealed record Target(string Contestant, Figure Figure, string? Against, double Wanted, bool IsFloor)
{
    public static Target AtLeast(
        double wanted, Figure figure, string? against, string contestant = Racing.Contestant.Vdifs) =>
        new(contestant, figure, against, wanted, IsFloor: true);

    public static Target AtMost(
        double wanted, Figure figure, string? against = null, string contestant = Racing.Contestant.Vdifs) =>
        new(contestant, figure, against, wanted, IsFloor: false);

    public string What => Against is null
        ? $"{Figure.Name} of {Contestant}"
        : $"{Figure.Name} of {Contestant} over {Against}'s";

    public string Limit => string.Create(CultureInfo.InvariantCulture, $"{(IsFloor ? ">=" : "<=")} {Wanted}");

    public bool IsReached(double got) => IsFloor ? got >= Wanted : got <= Wanted;
}
