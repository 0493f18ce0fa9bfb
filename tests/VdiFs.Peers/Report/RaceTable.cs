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

        bool hasCeiling = result.Race.Contestants.Any(contestant => contestant.Name == Contestant.Ceiling);
        text.AppendLine().AppendLine($"| reach | wanted | got |{(hasCeiling ? " ceiling |" : "")} |");
        text.AppendLine($"| --- | ---: | ---: |{(hasCeiling ? " ---: |" : "")} --- |");
        foreach (Target target in result.Race.Targets)
        {
            double? got = result.Got(target);
            // Of a ratio to itself there is none.
            double? ceiling = hasCeiling && target.Against is not (null or Contestant.Ceiling)
                ? result.Got(target with { Contestant = Contestant.Ceiling })
                : null;
            string cell = hasCeiling ? $" {(ceiling is { } most ? target.Show(most) : "")} |" : "";
            string shown = got is { } value ? target.Show(value) : Failed;
            text.AppendLine($"| {target.What} | {target.Limit} | {shown} |{cell} {Verdict(target, got, ceiling)} |");
        }
    }

    private static string Verdict(Target target, double? got, double? ceiling) =>
        target.Wanted is null ? ""
        : got is { } value && target.IsReached(value) ? "reached"
        : ceiling is { } most && !target.IsReached(most) ? "**short**, as is the ceiling"
        : "**short**";
}
