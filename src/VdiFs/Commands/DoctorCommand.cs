using System.CommandLine;
using Microsoft.Extensions.Logging;
using Spectre.Console;
using VdiFs.Diagnostics;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools.Doctor;
using VdiFs.Options;

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

    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "A pool: xapi://[user@]host[:port]" };
        var pool = new PoolOptionTable();
        var tls = new TlsOptionTable();
        var log = new LogOptionTable();
        var command = new Command("doctor", "Examine a pool: everything that its disks need to be read, line by line");
        command.Arguments.Add(source);
        pool.AddTo(command);
        tls.AddTo(command);
        log.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            // The session has to be logged out before this process ends.
            using var signals = new StopSignals();
            string where = result.GetRequiredValue(source);
            var options = new CatalogOptions
            {
                Tls = tls.Read(result),
                Pool = PasswordSource.Complete(pool.Read(result), where, pool.PasswordFile(result)),
                MountTime = TimeProvider.System.GetUtcNow(),
            };
            return await RunAsync(where, options, log.Read(result), signals.Stopping);
        });
        return command;
    }

    /// <summary>Exit code 0 when there is no problem; warnings are none.</summary>
    private static async Task<int> RunAsync(
        string source, CatalogOptions options, LogOptions logOptions, CancellationToken cancellationToken)
    {
        using ILoggerFactory logs = Logs.Create(logOptions);
        bool failed = false;
        await foreach (Finding finding in PoolDoctor.ExamineAsync(
            source, options, logs.CreateLogger("vdifs.disks"), cancellationToken))
        {
            Write(finding);
            failed |= finding.Level == FindingLevel.Problem;
        }

        return failed ? ExitCode.Failed : ExitCode.Ok;
    }

    private static void Write(Finding finding)
    {
        (string word, Color color) = Marks[finding.Level];
        IAnsiConsole console = AnsiConsole.Console;
        // A pipe has no width: lines must not break in scripts.
        console.Profile.Width = Console.IsOutputRedirected ? short.MaxValue : console.Profile.Width;
        console.Write(new Text($"{word,-8}", new Style(color)));
        console.WriteLine($"{finding.Subject}: {finding.Text}");
        if (finding.Cure is { } cure)
        {
            console.WriteLine($"{"",-8}cure: {cure}");
        }
    }
}
