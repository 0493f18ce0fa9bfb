using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VdiFs.Proofs;
using VdiFs.Simulation.Regressions;
using VdiFs.Simulation.Runs;

namespace VdiFs.Simulation.Commands;

/// <summary>The program: chooses what to do, and ends with one line that says how it went.</summary>
internal static class SimulationCommand
{
    private const int Failed = 1;
    private const int WrongUsage = 2;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (SimulationOptions.Parse(arguments) is not { } options)
        {
            Console.Error.WriteLine(SimulationOptions.Usage);
            return WrongUsage;
        }

        return options switch
        {
            { ChecksDeterminism: true, IsChild: true } => await TellHashesAsync(options),
            { ChecksDeterminism: true } => await CheckDeterminismAsync(options),
            { PlaysRegressions: true } => await PlayRegressionsAsync(),
            { IsChild: true } => await PlayAsChildAsync(options),
            _ => await PlayAsync(options),
        };
    }

    private static async Task<int> PlayAsync(SimulationOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        ProofLine proof = new("simulation") { Seed = (ulong)options.From };
        SweepTotals? totals = options.Jobs > 1 ? ChildProcesses.Play(options) : await Sweep.PlayAsync(options);
        if (totals is null)
        {
            Console.WriteLine("simulation: a process that played broke down");
            return Failed;
        }

        TimeSpan duration = Stopwatch.GetElapsedTime(start);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"simulation: {totals.Seeds} seeds from {options.From} on, {totals.FaultCount} faults, {totals.Reads} reads, "
            + $"{totals.BytesVerified >> 20} MiB verified, {totals.Found(FindingKind.WrongBytes)} wrong, "
            + $"{totals.Found(FindingKind.Hang)} hangs, {totals.Found(FindingKind.Leak)} leaks, "
            + $"{totals.FailedSeeds} seeds failed; {totals.VirtualHours:0} hours in {duration.TotalSeconds:0} s"));
        Write(proof, totals);
        return totals.FailedSeeds > 0 ? Failed : 0;
    }

    private static void Write(ProofLine proof, SweepTotals totals)
    {
        proof.Faults = totals.FaultCount;
        proof.Reads = totals.Reads;
        proof.BytesVerified = totals.BytesVerified;
        proof.Wrong = totals.Found(FindingKind.WrongBytes);
        proof.Hangs = totals.Found(FindingKind.Hang);
        proof.Leaks = totals.Found(FindingKind.Leak);
        proof.Detail("seeds", totals.Seeds);
        proof.Detail("failed_seeds", totals.FailedSeeds);
        proof.Detail("errors", totals.Errors);
        proof.Detail("cancelled", totals.Cancelled);
        proof.Detail("events", totals.Events);
        proof.Detail("virtual_hours", Math.Round(totals.VirtualHours));
        proof.Detail("faults", JsonSerializer.SerializeToNode(totals.Faults)!);
        proof.Detail("findings", JsonSerializer.SerializeToNode(totals.Findings)!);
        proof.Write();
    }

    private static async Task<int> PlayAsChildAsync(SimulationOptions options)
    {
        SweepTotals totals = await Sweep.PlayAsync(options);
        Console.WriteLine(ChildProcesses.TotalsMark + JsonSerializer.Serialize(totals));
        return 0;
    }

    private static async Task<int> PlayRegressionsAsync()
    {
        int failures = 0;
        foreach (NamedSeed named in NamedSeeds.All)
        {
            using Watchdog watchdog = new();
            watchdog.Begin(named.Seed);
            RunResult result = await SimulationRun.PlayAsync(named.Seed, null);
            Sweep.Tell(result, isTraced: false);
            bool isWell = result.Findings.Count == 0;
            failures += isWell ? 0 : 1;
            Console.WriteLine($"{(isWell ? "passed" : "FAILED")} {named.Name} (seed {named.Seed}: {named.Found})");
        }

        Console.WriteLine($"regressions: {NamedSeeds.All.Count - failures} passed, {failures} failed");
        return failures > 0 ? Failed : 0;
    }

    private static async Task<int> TellHashesAsync(SimulationOptions options)
    {
        await DeterminismCheck.TellAsync(options);
        return 0;
    }

    private static async Task<int> CheckDeterminismAsync(SimulationOptions options)
    {
        IReadOnlyList<long> different = await DeterminismCheck.CompareAsync(options);
        foreach (long seed in different)
        {
            Console.WriteLine($"seed {seed} FAILED: it does not happen the same way twice");
        }

        Console.WriteLine(
            $"determinism: {options.To - options.From + 1 - different.Count} seeds the same in two processes, "
            + $"{different.Count} not");
        return different.Count > 0 ? Failed : 0;
    }
}
