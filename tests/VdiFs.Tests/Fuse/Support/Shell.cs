using System.Diagnostics;
using Xunit;

namespace VdiFs.Tests.Fuse.Support;

/// <summary>
/// Commands that touch a mount: always in a child with a time limit, because a thread of this process that waits for
/// the mount could be one the mount's server needs.
/// </summary>
internal static class Shell
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string script)
    {
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"hangs: {script}");
        }

        return (process.ExitCode, (await output).Trim(), (await error).Trim());
    }

    /// <summary>Standard output of a script that must succeed.</summary>
    public static async Task<string> OutputAsync(string script)
    {
        (int exitCode, string output, string error) = await RunAsync(script);
        Assert.True(exitCode == 0, $"{script}: exit {exitCode}: {error}");
        return output;
    }
}
