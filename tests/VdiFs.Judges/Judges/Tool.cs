using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>Runs judges, bounded in time, and reads their exit codes.</summary>
internal static class Tool
{
    /// <summary>What `timeout` exits with when it had to end the command.</summary>
    public const int TimedOut = 124;

    // The largest image takes the slowest judge a fraction of it.
    private const int LimitSeconds = 240;

    private static readonly string Seconds = LimitSeconds.ToString(CultureInfo.InvariantCulture);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(LimitSeconds + 60);

    /// <summary>Runs a command; one that takes too long exits with <see cref="TimedOut"/>.</summary>
    public static CommandResult Run(params IEnumerable<string> command) =>
        Command.RunWithin(Patience, "timeout", ["-k", "10", Seconds, .. command]);

    /// <summary>The verdict of a command that says 0 for right and 1 for wrong bytes.</summary>
    public static Finding Verdict(params IEnumerable<string> command)
    {
        CommandResult result = Run(command);
        Verdict verdict = result.ExitCode switch
        {
            0 => Verdicts.Verdict.Equal,
            1 => Verdicts.Verdict.Differs,
            TimedOut => Verdicts.Verdict.TimedOut,
            _ => Verdicts.Verdict.Refused,
        };
        return new Finding(verdict, result.ToString());
    }

    /// <summary>Compares what a command writes to its standard output with a file.</summary>
    public static Finding CompareOutput(string expectedPath, params IEnumerable<string> command)
    {
        // A reader that is cut off by cmp complains; what cmp found comes first.
        const string Script =
            """
            expected="$1" seconds="$2"
            shift 2
            exec 3>&1
            statuses="$(timeout -k 10 "$seconds" "$@" | { cmp - "$expected" >&3 2>&3; echo $?; }
              echo "${PIPESTATUS[0]}")"
            echo "statuses" $statuses
            """;
        CommandResult result = Command.RunWithin(
            Patience, "bash", ["-c", Script, "bash", expectedPath, Seconds, .. command]);
        string[] statuses = result.Output.Split("statuses ")[^1]
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        (string compared, string exited) = (statuses[0], statuses[1]);
        Verdict verdict = result.Output.Contains(" differ: ", StringComparison.Ordinal) ? Verdicts.Verdict.Differs
            : exited == $"{TimedOut}" ? Verdicts.Verdict.TimedOut
            : exited != "0" ? Verdicts.Verdict.Refused
            : compared != "0" ? Verdicts.Verdict.Differs
            : Verdicts.Verdict.Equal;
        return new Finding(verdict, result.ToString());
    }

    /// <summary>The first line of what a command prints that holds a digit.</summary>
    public static string FirstLineOf(params IEnumerable<string> command)
    {
        CommandResult result = Run(command);
        return (result.Output + '\n' + result.Error).Split('\n').First(line => line.Any(char.IsAsciiDigit)).Trim();
    }
}
