using System.Globalization;
using System.Text;
using VdiFs.Judges.Judges;

namespace VdiFs.Judges.Verdicts;

/// <summary>The part of docs/FORMATS.md that a run writes, between two marker lines.</summary>
internal static class FormatsPage
{
    /// <param name="path">The page.</param>
    /// <param name="name">The part's, in its marker lines.</param>
    /// <param name="entries">What was said.</param>
    /// <param name="panel">By whom.</param>
    /// <param name="disks">About how many disks.</param>
    /// <exception cref="FormatException">The page has not both markers.</exception>
    public static void Write(string path, string name, IReadOnlyList<Entry> entries, Panel panel, int disks)
    {
        string page = File.ReadAllText(path);
        string begin = $"<!-- {name}: begin";
        int start = page.IndexOf(begin, StringComparison.Ordinal);
        int end = page.IndexOf($"<!-- {name}: end", StringComparison.Ordinal);
        if (start < 0 || end < start)
        {
            throw new FormatException($"{path} lacks a line '{begin}' or, after it, its end");
        }

        int first = page.IndexOf('\n', start) + 1;
        string part = Part(entries, panel, disks);
        File.WriteAllText(path, $"{page[..first]}{part}{page[end..]}");
    }

    private static string Part(IReadOnlyList<Entry> entries, Panel panel, int disks)
    {
        IReadOnlyList<KnownException> known = [.. KnownExceptions.All.Where(one => entries.Any(e => e.Known == one))];
        string[] kinds = [.. entries.Select(entry => entry.Kind).Distinct().Order(StringComparer.Ordinal)];
        IJudge[] judges =
            [.. panel.Present.Select(seat => seat.Judge).Where(judge => entries.Any(e => e.Judge == judge.Name))];
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{entries.Count} verdicts on images of {disks} disks. A figure is the number of disks that the judge "
            + $"found right; (n) is the exception n below, and its number of disks; a dash: not asked.");
        text.AppendLine().AppendLine($"| | {string.Join(" | ", judges.Select(judge => judge.Name))} |");
        text.AppendLine($"| --- |{string.Concat(judges.Select(_ => " --- |"))}");
        foreach (string kind in kinds)
        {
            text.AppendLine(
                $"| `{kind}` | {string.Join(" | ", judges.Select(judge => Cell(entries, known, kind, judge)))} |");
        }

        text.AppendLine().AppendLine("Where a judge is wrong, or cannot read the image:").AppendLine();
        foreach ((int index, KnownException exception) in known.Index())
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{index + 1}. {string.Join(", ", exception.Judges)}: {exception.Images}: {exception.Reason}");
        }

        text.AppendLine().AppendLine("The judges:").AppendLine();
        foreach (string version in panel.Present.Select(seat => seat.Version).Distinct())
        {
            text.AppendLine($"- {version}");
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    private static string Cell(
        IReadOnlyList<Entry> entries, IReadOnlyList<KnownException> known, string kind, IJudge judge)
    {
        Entry[] asked = [.. entries.Where(entry => entry.Kind == kind && entry.Judge == judge.Name)];
        if (asked.Length == 0)
        {
            return "-";
        }

        IEnumerable<string> parts = asked.GroupBy(entry => entry.Known).OrderBy(group => group.Key is null ? 0 : 1)
            .Select(group => group.Key is { } exception
                ? string.Create(CultureInfo.InvariantCulture, $"({NumberOf(exception, known)}) {group.Count()}")
                : group.Count().ToString(CultureInfo.InvariantCulture));
        return string.Join(", ", parts);
    }

    private static int NumberOf(KnownException exception, IReadOnlyList<KnownException> known) =>
        known.Index().First(one => one.Item == exception).Index + 1;
}
