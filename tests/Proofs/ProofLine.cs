using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VdiFs.Proofs;

/// <summary>
/// What one run of a proof found, as a line of JSON in the directory that $VDIFS_PROOFS names; nothing when it names
/// none. The report on reliability is made from these lines.
/// </summary>
/// <param name="proof">Name of the proof and of its file.</param>
internal sealed class ProofLine(string proof)
{
    private static readonly Lock Gate = new();

    private readonly long _started = TimeProvider.System.GetTimestamp();
    private readonly JsonObject _detail = [];

    /// <summary>The seed that repeats the run; 0 where nothing is random.</summary>
    public ulong Seed { get; init; }

    /// <summary>Faults injected.</summary>
    public long Faults { get; set; }

    /// <summary>Reads that were answered, by bytes or by an error.</summary>
    public long Reads { get; set; }

    /// <summary>Bytes compared with the right ones.</summary>
    public long BytesVerified { get; set; }

    /// <summary>Wrong bytes, or success where there was none.</summary>
    public long Wrong { get; set; }

    /// <summary>Reads that did not end.</summary>
    public long Hangs { get; set; }

    /// <summary>Descriptors, requests and clients that were not given back.</summary>
    public long Leaks { get; set; }

    /// <summary>Adds a figure that only this proof has.</summary>
    public void Detail(string name, JsonNode value) => _detail[name] = value;

    /// <summary>What the proof was built from, as the build noted it; "unknown" outside a repository.</summary>
    private static string Commit()
    {
        const int shortLength = 12;
        string version = typeof(ProofLine).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        string commit = version[(version.IndexOf('+', StringComparison.Ordinal) + 1)..];
        return commit.Length > shortLength ? commit[..shortLength] : "unknown";
    }

    /// <summary>Appends the line.</summary>
    public void Write()
    {
        string? directory = Environment.GetEnvironmentVariable("VDIFS_PROOFS");
        if (string.IsNullOrEmpty(directory))
        {
            return;
        }

        TimeProvider clock = TimeProvider.System;
        JsonObject line = new()
        {
            ["proof"] = proof,
            ["date"] = clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["commit"] = Commit(),
            ["seed"] = Seed,
            ["faults"] = Faults,
            ["reads"] = Reads,
            ["bytes_verified"] = BytesVerified,
            ["wrong"] = Wrong,
            ["hangs"] = Hangs,
            ["leaks"] = Leaks,
            ["seconds"] = Math.Round(clock.GetElapsedTime(_started).TotalSeconds, 3),
            ["detail"] = _detail.DeepClone(),
        };
        lock (Gate)
        {
            Directory.CreateDirectory(directory);
            File.AppendAllText(
                Path.Combine(directory, proof + ".jsonl"), line.ToJsonString(JsonSerializerOptions.Default) + "\n");
        }
    }
}
