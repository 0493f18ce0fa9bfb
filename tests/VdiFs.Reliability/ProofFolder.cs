using System.Text.Json;

namespace VdiFs.Reliability;

/// <summary>The directory where proofs leave their lines, a file per proof.</summary>
internal static class ProofFolder
{
    /// <summary>Adds up the lines of every proof.</summary>
    /// <exception cref="FormatException">A line is not what a proof writes.</exception>
    public static IReadOnlyDictionary<string, ProofSum> Read(string directory)
    {
        Dictionary<string, ProofSum> sums = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(directory, "*.jsonl").Order(StringComparer.Ordinal))
        {
            foreach (string line in File.ReadLines(file).Where(line => line.Length > 0))
            {
                (string proof, ProofSum sum) = Parse(file, line);
                sums[proof] = sums.GetValueOrDefault(proof, ProofSum.None).Add(sum);
            }
        }

        return sums;
    }

    private static (string Proof, ProofSum Sum) Parse(string file, string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            var sum = new ProofSum(
                1,
                root.GetProperty("date").GetString()!,
                root.GetProperty("faults").GetDouble(),
                root.GetProperty("reads").GetDouble(),
                root.GetProperty("bytes_verified").GetDouble(),
                root.GetProperty("wrong").GetInt64(),
                root.GetProperty("hangs").GetInt64(),
                root.GetProperty("leaks").GetInt64(),
                FailuresOf(root),
                root.GetProperty("seconds").GetDouble())
            {
                Commits = root.TryGetProperty("commit", out JsonElement commit) ? commit.GetString()! : "unknown",
            };
            return (root.GetProperty("proof").GetString()!, sum);
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"{file}: this is no proof's line: {line}", wrong);
        }
    }

    // What failed without being wrong, late or left: the chaos runs' problems, the simulation's seeds.
    private static long FailuresOf(JsonElement root)
    {
        string[] names = ["failures", "failed_seeds"];
        return root.TryGetProperty("detail", out JsonElement detail)
            ? names.Sum(name => detail.TryGetProperty(name, out JsonElement count) ? count.GetInt64() : 0)
            : 0;
    }
}
