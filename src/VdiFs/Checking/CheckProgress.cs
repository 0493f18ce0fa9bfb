using Spectre.Console;

namespace VdiFs.Checking;

/// <summary>Shows how far a comparison is, if somebody sits at a terminal.</summary>
internal static class CheckProgress
{
    private const string Label = "comparing";

    /// <summary>Runs a comparison of so many bytes.</summary>
    public static async Task RunAsync(long bytes, Func<Action<long>, Task> compareAsync)
    {
        if (Console.IsErrorRedirected)
        {
            await compareAsync(_ => { });
            return;
        }

        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
        });
        await terminal.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                ProgressTask task = context.AddTask(Label, maxValue: Math.Max(bytes, 1));
                return compareAsync(done => task.Value = done);
            });
    }
}
