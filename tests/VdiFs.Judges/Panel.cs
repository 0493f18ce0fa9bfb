using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Disks;
using VdiFs.Judges.Images;
using VdiFs.Judges.Judges;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges;

/// <summary>The judges that are here.</summary>
/// <param name="Present">Those, with their versions.</param>
/// <param name="IsComplete">Whether these are all.</param>
/// <param name="Failures">How many are not here and ought to be.</param>
internal sealed record Panel(
    IReadOnlyList<(IJudge Judge, string Version)> Present, bool IsComplete, int Failures)
{
    /// <summary>Looks for the tools of these judges; says which is missing, and counts it as a failure where tests
    /// must not do without (CI).</summary>
    public static Panel Assemble(IReadOnlyList<IJudge> judges)
    {
        List<(IJudge Judge, string Version)> present = [];
        int failures = 0;
        bool isDemanded = Environment.GetEnvironmentVariable("CI") is { Length: > 0 };
        foreach (IJudge judge in judges)
        {
            if (IsHere(judge.Tool))
            {
                present.Add((judge, judge.Version()));
                continue;
            }

            Console.WriteLine($"{(isDemanded ? "FAILED" : "skipped")} {judge.Name}: {judge.Tool} is not installed");
            failures += isDemanded ? 1 : 0;
        }

        return new Panel(present, present.Count == judges.Count, failures);
    }

    /// <summary>What each judge says that can be asked about the image.</summary>
    public IEnumerable<Entry> Ask(DiskShape shape, JudgedImage image, Bench bench)
    {
        foreach ((IJudge judge, _) in Present.Where(seat => seat.Judge.IsAskedAbout(image)))
        {
            var entry = new Entry(
                image.Kind, judge.Name, shape.Name, judge.Judge(image, bench), KnownExceptions.For(judge.Name, image));
            if (!entry.IsExpected)
            {
                string expected = entry.Known is { } known ? $"{known.Verdict} ({known.Reason})" : "Equal";
                Console.WriteLine(
                    $"FAILED {entry.Disk}, {entry.Kind}, {entry.Judge}: {entry.Finding.Verdict}, expected {expected}\n"
                    + Indent(entry.Finding.Detail));
            }

            yield return entry;
        }
    }

    private static string Indent(string text) => "   " + text.Trim().ReplaceLineEndings("\n   ");

    private static bool IsHere(string tool) =>
        tool.Contains('/', StringComparison.Ordinal)
            ? Path.Exists(tool)
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(
                folder => File.Exists(Path.Combine(folder, tool)));
}
