using System.Globalization;
using System.Text;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Workloads;

namespace VdiFs.Peers.Report;

/// <summary>The parts of docs/PERFORMANCE.md that runs write: one per workload, between two marker lines.</summary>
internal static class PerformancePage
{
    /// <summary>The part of a workload.</summary>
    public static string Part(IWorkload workload, IReadOnlyList<RaceResult> results, PeersOptions options)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"## {workload.Name}: {workload.Title}").AppendLine();
        text.AppendLine(workload.Explanation).AppendLine();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{Surroundings.Line()}; a disk of {options.SizeBytes >> 20} MiB; medians of "
            + $"{results.Max(result => result.Rounds)} rounds.").AppendLine();
        foreach (RaceResult result in results)
        {
            text.Append(RaceTable.Write(result));
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>Puts a part into the page.</summary>
    /// <exception cref="FormatException">The page has not both markers.</exception>
    public static void Write(string path, IWorkload workload, string part)
    {
        string name = workload.Name;
        string begin = $"<!-- bench {name}: begin (scripts/bench.sh {name} --write writes this part) -->";
        string end = $"<!-- bench {name}: end -->";
        string page = File.ReadAllText(path);
        int start = page.IndexOf(begin, StringComparison.Ordinal);
        int stop = page.IndexOf(end, StringComparison.Ordinal);
        if (start < 0 || stop < start)
        {
            throw new FormatException($"{path} lacks the line '{begin}' or, after it, '{end}'");
        }

        File.WriteAllText(path, $"{page[..start]}{begin}\n{part}{page[stop..]}");
    }
}
