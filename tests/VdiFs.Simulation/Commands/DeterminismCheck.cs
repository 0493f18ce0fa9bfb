using System.Diagnostics;
using System.Globalization;
using VdiFs.Simulation.Runs;

namespace VdiFs.Simulation.Commands;

/// <summary>
/// Plays each seed twice, the second time in another process and in another order, and compares what happened.
/// </summary>
internal static class DeterminismCheck
{
    /// <summary>The seeds whose two runs differ.</summary>
    public static async Task<IReadOnlyList<long>> CompareAsync(SimulationOptions options)
    {
        Dictionary<long, ulong> there = ReadChild(options);
        List<long> different = [];
        for (long seed = options.From; seed <= options.To; seed++)
        {
            RunResult here = await SimulationRun.PlayAsync(seed, null);
            if (there.GetValueOrDefault(seed) != here.Hash)
            {
                different.Add(seed);
            }
        }

        return different;
    }

    /// <summary>The child's part: all seeds from the last to the first, one line each.</summary>
    public static async Task TellAsync(SimulationOptions options)
    {
        for (long seed = options.To; seed >= options.From; seed--)
        {
            RunResult result = await SimulationRun.PlayAsync(seed, null);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seed} {result.Hash}"));
        }
    }

    private static Dictionary<long, ulong> ReadChild(SimulationOptions options)
    {
        ProcessStartInfo start = new(
            Environment.ProcessPath!, ["--child", "--check-determinism", "--seeds", $"{options.From}-{options.To}"])
        {
            RedirectStandardOutput = true,
        };
        using Process child = Process.Start(start)!;
        Dictionary<long, ulong> hashes = [];
        while (child.StandardOutput.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            hashes[long.Parse(words[0], CultureInfo.InvariantCulture)] =
                ulong.Parse(words[1], CultureInfo.InvariantCulture);
        }

        child.WaitForExit();
        return hashes;
    }
}
