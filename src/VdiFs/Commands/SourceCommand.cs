using System.CommandLine;
using Microsoft.Extensions.Logging;
using Spectre.Console;
using VdiFs.Disks.Catalogs;

namespace VdiFs.Commands;

/// <summary>A command that looks at a source and prints what it finds: `vdifs VERB SOURCE`.</summary>
internal static class SourceCommand
{
    /// <param name="verb">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="sourceDescription">Which sources it takes.</param>
    /// <param name="runAsync">Looks at a source; gives the exit code.</param>
    public static Command Create(
        string verb,
        string description,
        string sourceDescription,
        Func<string, CatalogOptions, ILogger, CancellationToken, Task<int>> runAsync)
    {
        var source = new Argument<string>("SOURCE") { Description = sourceDescription };
        var options = new SourceOptionTable();
        var command = new Command(verb, description);
        command.Arguments.Add(source);
        options.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            // A session has to be logged out, a private qemu-nbd and its socket have to go before this process does.
            using var signals = new StopSignals();
            string where = result.GetRequiredValue(source);
            CatalogOptions how = options.Read(result, where);
            using ILoggerFactory logs = options.CreateLogs(result);
            return await runAsync(where, how, logs.CreateLogger("vdifs.disks"), signals.Stopping);
        });
        return command;
    }

    /// <summary>Where its findings go.</summary>
    public static IAnsiConsole Console
    {
        get
        {
            IAnsiConsole console = AnsiConsole.Console;
            // A pipe has no width: lines must not break in scripts.
            console.Profile.Width = System.Console.IsOutputRedirected ? short.MaxValue : console.Profile.Width;
            return console;
        }
    }
}
