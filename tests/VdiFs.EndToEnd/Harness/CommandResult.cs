namespace VdiFs.EndToEnd.Harness;

/// <summary>What a finished command said.</summary>
internal sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Error)
{
    public override string ToString() =>
        $"$ {CommandLine}\nexit code {ExitCode}\nstdout: {Output.Trim()}\nstderr: {Error.Trim()}";
}
