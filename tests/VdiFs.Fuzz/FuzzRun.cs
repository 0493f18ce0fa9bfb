using VdiFs.Proofs;

namespace VdiFs.Fuzz;

/// <summary>Runs mutations of a target's seeds, for so many executions or so long.</summary>
internal static class FuzzRun
{
    /// <summary>Runs; returns how many inputs were executed.</summary>
    /// <exception cref="FuzzFailureException">A finding, with the input that repeats it.</exception>
    public static long Mutate(FuzzTarget target, int seed, long executions, TimeSpan time)
    {
        ProofLine proof = new("fuzz") { Seed = (ulong)seed };
        Mutator mutator = new(target.Seeds(), seed);
        long start = TimeProvider.System.GetTimestamp();
        long done = 0;
        while (done < executions && TimeProvider.System.GetElapsedTime(start) < time)
        {
            byte[] input = mutator.Next();
            try
            {
                target.Execute(input);
            }
#pragma warning disable CA1031 // Whatever comes out is the finding.
            catch (Exception finding)
#pragma warning restore CA1031
            {
                throw new FuzzFailureException(
                    $"{target.Name}, seed {seed}, execution {done}, "
                    + $"input {Convert.ToHexStringLower(input)}: {finding}");
            }

            done++;
        }

        proof.Faults = done;
        proof.Detail("target", target.Name);
        proof.Detail("engine", "mutations without coverage");
        proof.Detail("crashes", 0);
        proof.Write();
        return done;
    }

    /// <summary>Writes down what a run of afl-fuzz says of itself.</summary>
    public static void Record(FuzzTarget target, string statisticsPath)
    {
        Dictionary<string, string> statistics = File.ReadLines(statisticsPath)
            .Select(line => line.Split(':', 2))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0].Trim(), parts => parts[1].Trim());
        ProofLine proof = new("fuzz") { Faults = long.Parse(statistics["execs_done"], null) };
        proof.Detail("target", target.Name);
        proof.Detail("engine", "AFL++ with SharpFuzz");
        foreach (string name in (string[])["run_time", "execs_per_sec", "corpus_count", "saved_crashes", "saved_hangs"])
        {
            proof.Detail(name, double.Parse(statistics[name], System.Globalization.CultureInfo.InvariantCulture));
        }

        proof.Write();
    }
}
