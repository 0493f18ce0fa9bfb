using System.Diagnostics;
using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Timing;

/// <summary>A client under GNU time, which tells the processor time and memory that only its parent can know.</summary>
internal sealed class TimedCommand : IDisposable
{
    // Only a hang takes so long.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly string _usage;
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private TimedCommand(Process process, string usage)
    {
        _usage = usage;
        _process = process;
        process.StandardInput.Close();
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts the command; one of the same number must have ended.</summary>
    public static TimedCommand Start(Track track, int number, IReadOnlyList<string> command)
    {
        string usage = track.Bench.PathOf(string.Create(CultureInfo.InvariantCulture, $"usage-{number}"));
        return new TimedCommand(
            Command.Start("time", ["-q", "-f", "%U %S %M", "-o", usage, .. track.Prefix, .. command]), usage);
    }

    /// <summary>Waits for its end, which must be a good one.</summary>
    public void Wait()
    {
        if (!_process.WaitForExit(Limit))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"still running after {Limit.TotalMinutes} minutes: {CommandLine}");
        }

        Assert.True(_process.ExitCode == 0, $"exit code {_process.ExitCode}: {CommandLine}: {_error.Result}");
    }

    /// <summary>What it used, once it has ended.</summary>
    public Usage Read()
    {
        const int Kibibyte = 1024;
        double[] figures = [.. File.ReadAllText(_usage).Split(' ')
            .Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
        return new Usage(figures[0] + figures[1], (long)figures[2] * Kibibyte, _output.Result);
    }

    public void Dispose() => _process.Dispose();

    private string CommandLine => string.Join(' ', _process.StartInfo.ArgumentList);
}
