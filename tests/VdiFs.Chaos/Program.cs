using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using VdiFs.Chaos.Scenarios;
using VdiFs.EndToEnd.Harness;
using VdiFs.Proofs;

namespace VdiFs.Chaos;

/// <summary>
/// `VdiFs.Chaos [NAME...] [--list] [--quick] [--seed N] [--size 4G] [--rounds N] [--jobs N]`; scripts/chaos.sh runs
/// it.
/// </summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        ChaosCommandLine line;
        try
        {
            line = ChaosCommandLine.Parse(arguments);
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine($"chaos: {wrong.Message}");
            return 2;
        }

        if (line.List)
        {
            foreach (IScenario scenario in ScenarioList.All)
            {
                Console.WriteLine($"{scenario.Name,-24} {scenario.Summary}");
            }

            return 0;
        }

        using var root = new RunRoot();
        int failed = RunAll(line);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{line.Scenarios.Count - failed} scenarios passed, {failed} failed"));
        return failed == 0 ? 0 : 1;
    }

    // Each on a thread of its own that lives as long as it runs: nbdkit ends with the thread that started it.
    private static int RunAll(ChaosCommandLine line)
    {
        const int QuickJobs = 6;
        var waiting = new ConcurrentQueue<IScenario>(line.Scenarios);
        int failed = 0;
        int jobs = line.Options.Jobs ?? (line.Options.Quick ? QuickJobs : 1);
        Thread[] threads = [.. Enumerable.Range(0, jobs).Select(_ => new Thread(RunWaiting))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return failed;

        void RunWaiting()
        {
            while (waiting.TryDequeue(out IScenario? scenario))
            {
                Interlocked.Add(ref failed, Run(scenario, line.Options) ? 0 : 1);
            }
        }
    }

    private static bool Run(IScenario scenario, ChaosOptions options)
    {
        var proof = new ProofLine($"chaos-{scenario.Name}") { Seed = (ulong)options.Seed };
        var tally = new Tally();
        var watch = Stopwatch.StartNew();
        try
        {
            using var bench = new Bench();
            scenario.Run(new ChaosRun(bench, scenario.Extent, options, tally));
        }
        catch (Exception failure)
        {
            tally.Problem(failure.ToString());
        }

        tally.WriteTo(proof);
        Console.Write(Report(scenario, options, tally, watch.Elapsed));
        return tally.Passed;
    }

    private static string Report(IScenario scenario, ChaosOptions options, Tally tally, TimeSpan duration)
    {
        IEnumerable<string> detail = tally.Detail.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}");
        string verdict = tally.Passed
            ? "ok"
            : $"FAILED (repeat: scripts/chaos.sh {scenario.Name}{Repeat(options)})";
        string[] lines =
        [
            $"== {scenario.Name}: {verdict}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"   {tally.Faults} faults, {tally.Reads} reads, {tally.BytesVerified / 1e9:F2} GB verified, "
                + $"{tally.Wrong} wrong, "
                + $"{tally.Hangs} hangs, {tally.Leaks} leaks, {duration.TotalSeconds:F1} s"),
            $"   {string.Join(", ", detail)}",
            .. tally.Problems.Select(problem => $"   {problem}"),
        ];
        return string.Join('\n', lines) + '\n';
    }

    private static string Repeat(ChaosOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $" --seed {options.Seed}{(options.Quick ? " --quick" : "")}")
        + (options.SizeBytes is { } size ? string.Create(CultureInfo.InvariantCulture, $" --size {size}") : "")
        + (options.Rounds is { } rounds ? string.Create(CultureInfo.InvariantCulture, $" --rounds {rounds}") : "");
}
