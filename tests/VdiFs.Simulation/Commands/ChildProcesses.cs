using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace VdiFs.Simulation.Commands;

/// <summary>Shares seeds among processes of this program, because each has one thread only.</summary>
internal static class ChildProcesses
{
    /// <summary>What the line begins with in which a child hands over its totals.</summary>
    public const string TotalsMark = "totals ";

    /// <summary>Plays the seeds in so many processes; null when one of them broke down.</summary>
    public static SweepTotals? Play(SimulationOptions options)
    {
        Process[] children = [.. Enumerable.Range(0, options.Jobs).Select(number => Start(options, number))];
        SweepTotals totals = new();
        bool isWhole = true;
        Lock gate = new();
        Thread[] readers = [.. children.Select(child => new Thread(() =>
        {
            bool hasTotals = Read(child, totals, gate);
            lock (gate)
            {
                isWhole &= hasTotals;
            }
        }))];
        Array.ForEach(readers, reader => reader.Start());
        Array.ForEach(readers, reader => reader.Join());
        Array.ForEach(children, child => child.Dispose());
        return isWhole ? totals : null;
    }

    private static Process Start(SimulationOptions options, int number)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true };
        start.ArgumentList.Add("--child");
        start.ArgumentList.Add("--seeds");
        start.ArgumentList.Add($"{options.From + number}-{options.To}");
        start.ArgumentList.Add("--stride");
        start.ArgumentList.Add(options.Jobs.ToString(CultureInfo.InvariantCulture));
        if (options.Limit is { } limit)
        {
            start.ArgumentList.Add("--minutes");
            start.ArgumentList.Add(limit.TotalMinutes.ToString(CultureInfo.InvariantCulture));
        }

        return Process.Start(start)!;
    }

    private static bool Read(Process child, SweepTotals totals, Lock gate)
    {
        bool hasTotals = false;
        while (child.StandardOutput.ReadLine() is { } line)
        {
            lock (gate)
            {
                if (line.StartsWith(TotalsMark, StringComparison.Ordinal))
                {
                    totals.Add(JsonSerializer.Deserialize<SweepTotals>(line[TotalsMark.Length..])!);
                    hasTotals = true;
                }
                else
                {
                    Console.WriteLine(line);
                }
            }
        }

        child.WaitForExit();
        return hasTotals;
    }
}
