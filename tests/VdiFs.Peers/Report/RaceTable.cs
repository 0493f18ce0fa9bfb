using System.Globalization;
using System.Text;
using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Report;

/// <summary>A race as a table of medians, and its targets as another.</summary>
internal static class RaceTable
{
    private const string Failed = "failed";

    public static string Write(RaceResult result)
    {
        Race race = result.Race;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"### {race.Title}").AppendLine();
        text.AppendLine($"| | {string.Join(" | ", race.Figures.Select(figure => figure.Name))} |");
        text.AppendLine($"| --- |{string.Concat(race.Figures.Select(_ => " ---: |"))}");
        foreach (Contestant contestant in race.Contestants)
        {
            IEnumerable<string> cells = race.Figures.Select(figure => Cell(result, contestant, figure));
            text.AppendLine($"| {contestant.Name} | {string.Join(" | ", cells)} |");
        }

        WriteTargets(text, result);
        foreach ((string name, string reason) in result.Failures)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{name} failed: {reason}");
        }

        return text.AppendLine().ToString();
    }

    // An empty cell: the contestant has no such figure.
    private static string Cell(RaceResult result, Contestant contestant, Figure figure) =>
        result.Median(contestant.Name, figure) is { } median ? figure.Show(median)
        : result.Failures.ContainsKey(contestant.Name) ? Failed : "";

    private static void WriteTargets(StringBuilder text, RaceResult result)
    {
        if (result.Race.Targets.Count == 0)
        {
            return;
        }

        (string Heading, Func<Target, double?> Of)[] bounds = [.. Bounds(result)];
        string headings = string.Concat(bounds.Select(bound => $" {bound.Heading} |"));
        text.AppendLine().AppendLine($"| reach | wanted | got |{headings} |");
        text.AppendLine($"| --- | ---: | ---: |{string.Concat(bounds.Select(_ => " ---: |"))} --- |");
        foreach (Target target in result.Race.Targets)
        {
            double? got = result.Got(target);
            double?[] most = [.. bounds.Select(bound => bound.Of(target))];
            string cells = string.Concat(most.Select(value => $" {Show(target, value, "")} |"));
            string shown = Show(target, got, Failed);
            text.AppendLine($"| {target.What} | {target.Limit} | {shown} |{cells} {Verdict(target, got, most)} |");
        }
    }

    // What can be had at best, each in a column of its own.
    private static IEnumerable<(string Heading, Func<Target, double?> Of)> Bounds(RaceResult result)
    {
        if (result.Race.HasCeiling)
        {
            yield return ("ceiling", result.OfCeiling);
        }

        if (result.Race.Fetcher is not null)
        {
            yield return ("+ fetching", result.OfFetchingCeiling);
        }
    }

    private static string Show(Target target, double? value, string none) =>
        value is { } known ? target.Show(known) : none;

    private static string Verdict(Target target, double? got, IEnumerable<double?> most) =>
        target.Wanted is null ? ""
        : got is { } value && target.IsReached(value) ? "reached"
        : most.Any(bound => bound is { } best && !target.IsReached(best)) ? "**short**, as is the ceiling"
        : "**short**";
}
