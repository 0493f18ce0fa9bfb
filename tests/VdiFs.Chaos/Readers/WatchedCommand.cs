using System.Diagnostics;
using System.Globalization;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Readers;

/// <summary>
/// Runs a tool to its end, however long that takes as long as it reads on; one that stands still is a hang.
/// </summary>
internal static class WatchedCommand
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);

    /// <param name="command">Program and arguments.</param>
    /// <param name="patience">How long it may stand still.</param>
    /// <param name="abandoned">Ends it before.</param>
    /// <returns>What it said; null when it hung or was abandoned (it was killed then).</returns>
    public static CommandResult? Run(IReadOnlyList<string> command, TimeSpan patience, CancellationToken abandoned)
    {
        using Process process = Command.Start(command[0], command.Skip(1));
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var still = Stopwatch.StartNew();
        long seen = -1;
        while (!process.WaitForExit(Glance))
        {
            long bytes = BytesRead(process.Id);
            if (bytes != seen)
            {
                seen = bytes;
                still.Restart();
            }

            if (still.Elapsed > patience || abandoned.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                return null;
            }
        }

        string line = string.Join(' ', command);
        return new CommandResult(line, process.ExitCode, output.Result, error.Result);
    }

    // rchar: what read calls of the process and of its children have returned so far.
    private static long BytesRead(int pid)
    {
        try
        {
            string line = File.ReadLines($"/proc/{pid}/io").First();
            long own = long.Parse(line["rchar: ".Length..], CultureInfo.InvariantCulture);
            string children = File.ReadAllText($"/proc/{pid}/task/{pid}/children");
            return own + children.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Sum(child => BytesRead(int.Parse(child, CultureInfo.InvariantCulture)));
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
