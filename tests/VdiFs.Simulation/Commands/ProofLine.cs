using System.Text.Json;
using VdiFs.Simulation.Runs;

namespace VdiFs.Simulation.Commands;

/// <summary>Adds one line to the proofs, when $VDIFS_PROOFS names the directory where they are collected.</summary>
internal static class ProofLine
{
    public static void Write(SimulationOptions options, SweepTotals totals, TimeSpan duration)
    {
        if (Environment.GetEnvironmentVariable("VDIFS_PROOFS") is not { Length: > 0 } directory)
        {
            return;
        }

        string line = JsonSerializer.Serialize(new
        {
            proof = "simulation",
            date = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null),
            seed = options.From,
            faults = totals.FaultCount,
            reads = totals.Reads,
            bytes_verified = totals.BytesVerified,
            wrong = totals.Found(FindingKind.WrongBytes),
            hangs = totals.Found(FindingKind.Hang),
            leaks = totals.Found(FindingKind.Leak),
            seconds = Math.Round(duration.TotalSeconds, 1),
            detail = new
            {
                seeds = totals.Seeds,
                failed_seeds = totals.FailedSeeds,
                errors = totals.Errors,
                cancelled = totals.Cancelled,
                events = totals.Events,
                virtual_hours = Math.Round(totals.VirtualHours),
                faults = totals.Faults,
                findings = totals.Findings,
            },
        });
        Directory.CreateDirectory(directory);
        File.AppendAllText(Path.Combine(directory, "simulation.jsonl"), line + "\n");
    }
}
