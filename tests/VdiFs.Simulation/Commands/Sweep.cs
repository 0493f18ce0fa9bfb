using System.Diagnostics;
using VdiFs.Simulation.Runs;

namespace VdiFs.Simulation.Commands;

/// <summary>Plays seed after seed in this process.</summary>
internal static class Sweep
{
    private const int FindingsShown = 3;

    /// <summary>Plays them all, or as many as the time allows; tells of each that found something.</summary>
    public static async Task<SweepTotals> PlayAsync(SimulationOptions options)
    {
        SweepTotals totals = new();
        long start = Stopwatch.GetTimestamp();
        using Watchdog watchdog = new();
        for (long seed = options.From; seed <= options.To; seed += options.Stride)
        {
            if (options.Limit is { } limit && Stopwatch.GetElapsedTime(start) >= limit)
            {
                break;
            }

            watchdog.Begin(seed);
            RunResult result = await SimulationRun.PlayAsync(seed, options.IsTraced ? Console.Out : null);
            totals.Add(result);
            Tell(result, options.IsTraced);
        }

        return totals;
    }

    /// <summary>Says what a seed found, and how to see it again.</summary>
    public static void Tell(RunResult result, bool isTraced)
    {
        if (isTraced)
        {
            Console.WriteLine(
                $"seed {result.Seed}: hash {result.Hash:x16}, {result.Events} events, {result.VirtualTime} of virtual time");
        }

        if (result.Findings.Count == 0)
        {
            return;
        }

        Console.WriteLine(
            $"seed {result.Seed} FAILED; see it again with: VdiFs.Simulation --seed {result.Seed} --trace");
        foreach (Finding finding in result.Findings.Take(FindingsShown))
        {
            Console.WriteLine($"  {finding.Time} {finding.Kind}: {finding.Text}");
        }
    }
}
