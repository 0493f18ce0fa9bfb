using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using VdiFs.Options;

namespace VdiFs.Diagnostics;

/// <summary>Makes the log: lines on standard error.</summary>
internal static class Logs
{
    /// <summary>Finds out whether a daemon can write its log to a file, which is made if it is missing.</summary>
    /// <exception cref="IOException">It cannot; the message names the file and the option.</exception>
    public static void EnsureWritable(string file)
    {
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            new FileStream(file, options).Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot write the log: {exception.Message} Check --log-file.", exception);
        }
    }

    /// <summary>The caller disposes the factory, which writes out what is still queued.</summary>
    public static ILoggerFactory Create(LogOptions options) => LoggerFactory.Create(builder =>
    {
        builder.SetMinimumLevel(options.Level);
        builder.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            // Whoever reads the log may be stuck: lines are lost then, and reads of the mount go on.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        switch (options.Format)
        {
            case LogFormat.Json:
                builder.AddJsonConsole(json => json.UseUtcTimestamp = true);
                break;
            case LogFormat.Systemd:
                builder.AddSystemdConsole();
                break;
            default:
                builder.AddSimpleConsole(text =>
                {
                    text.SingleLine = true;
                    text.ColorBehavior = LoggerColorBehavior.Disabled;
                    text.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
                    text.UseUtcTimestamp = true;
                });
                break;
        }
    });
}
