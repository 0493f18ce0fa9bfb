using System.CommandLine;
using Microsoft.Extensions.Logging;
using Spectre.Console;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools.Doctor;

namespace VdiFs.Commands;

/// <summary>`vdifs doctor SOURCE`: what keeps a pool's disks from being read, and the command that mends it.</summary>
internal static class DoctorCommand
{
    private static readonly Dictionary<FindingLevel, (string Word, Color Color)> Marks = new()
    {
        [FindingLevel.Ok] = ("ok", Color.Green),
        [FindingLevel.Warning] = ("warning", Color.Yellow),
        [FindingLevel.Problem] = ("PROBLEM", Color.Red),
    };

    public static Command Create() => SourceCommand.Create(
        "doctor",
        "Examine a pool: everything that its disks need to be read, line by line",
        "A pool: xapi://[user@]host[:port]",
        RunAsync);

    /// <summary>Exit code 0 when there is no problem; warnings are none.</summary>
    private static async Task<int> RunAsync(
        string source, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        bool failed = false;
        await foreach (Finding finding in PoolDoctor.ExamineAsync(source, options, logger, cancellationToken))
        {
            Write(finding);
            failed |= finding.Level == FindingLevel.Problem;
        }

        return failed ? ExitCode.Failed : ExitCode.Ok;
    }

    private static void Write(Finding finding)
    {
        (string word, Color color) = Marks[finding.Level];
        IAnsiConsole console = SourceCommand.Console;
        console.Write(new Text($"{word,-8}", new Style(color)));
        console.WriteLine($"{finding.Subject}: {finding.Text}");
        if (finding.Cure is { } cure)
        {
            console.WriteLine($"{"",-8}cure: {cure}");
        }
    }
}
