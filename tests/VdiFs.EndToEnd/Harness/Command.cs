using System.ComponentModel;
using System.Diagnostics;

namespace VdiFs.EndToEnd.Harness;

/// <summary>Runs a command to its end, bounded in time, and keeps what it printed.</summary>
internal static class Command
{
    /// <summary>Turns a hang into a failure; no command here needs a tenth of it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>How long output may stay open after the command ended: a daemon that keeps it would block its
    /// caller.</summary>
    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(60);

    public static CommandResult Run(string file, params IEnumerable<string> arguments) =>
        RunWithin(Limit, file, arguments);

    /// <summary>As <see cref="Run"/>, for what may take longer.</summary>
    public static CommandResult RunWithin(TimeSpan limit, string file, params IEnumerable<string> arguments)
    {
        using Process process = Start(file, arguments);
        string commandLine = string.Join(' ', process.StartInfo.ArgumentList.Prepend(file));
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"still running after {limit.TotalSeconds} s: {commandLine}");
        }

        Assert.True(
            Task.WaitAll([output, error], OutputLimit),
            $"something started by this command keeps its output open: {commandLine}");
        return new CommandResult(commandLine, process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Runs a command that must succeed; gives its standard output.</summary>
    public static string Ok(string file, params IEnumerable<string> arguments)
    {
        CommandResult result = Run(file, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output;
    }

    /// <summary>Runs a bash script whose arguments are $1, $2, ...; any failing part fails it.</summary>
    public static CommandResult Bash(string script, params IEnumerable<string> arguments) =>
        Run("bash", arguments.Prepend("bash").Prepend($"set -euo pipefail; {script}").Prepend("-c"));

    /// <summary>As <see cref="Bash"/>, and it must succeed; gives its standard output.</summary>
    public static string BashOk(string script, params IEnumerable<string> arguments)
    {
        CommandResult result = Bash(script, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output;
    }

    /// <summary>Starts a command without waiting; the caller owns the process.</summary>
    public static Process Start(string file, params IEnumerable<string> arguments)
    {
        ProcessStartInfo info = new(file)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["LC_ALL"] = "C";
        foreach (string argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        try
        {
            return Process.Start(info) ?? throw new InvalidOperationException($"{file} did not start");
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{file} is not installed (scripts/test.sh installs it)");
            throw;
        }
    }
}
