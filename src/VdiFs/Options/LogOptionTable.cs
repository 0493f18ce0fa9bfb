using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace VdiFs.Options;

/// <summary>The options of every command that talks to a source.</summary>
internal sealed class LogOptionTable
{
    private readonly Option<LogLevel> _level = OptionFactory.Valued(
        "--log-level", "LEVEL", "Least severe level to log: trace, debug, information, warning, error or none",
        LogLevel.Warning, ValueReaders.Level, "a level such as debug, information or warning");

    private readonly Option<LogFormat> _format = OptionFactory.Valued(
        "--log-format", "FORMAT", "Log lines as text, json or systemd",
        LogFormat.Text, ValueReaders.Format, "text, json or systemd");

    private readonly Option<string?> _file = OptionFactory.Valued<string?>(
        "--log-file", "FILE", "Where the log of a mount in the background goes; else it is dropped",
        null, ValueReaders.Text, "a file name");

    public void AddTo(Command command)
    {
        command.Options.Add(_level);
        command.Options.Add(_format);
        command.Options.Add(_file);
    }

    public LogOptions Read(ParseResult result) => new(
        result.GetValue(_level),
        result.GetValue(_format),
        result.GetValue(_file) is { } file ? Path.GetFullPath(file) : null);
}
